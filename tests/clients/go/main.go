// A relying party on go-oidc and golang.org/x/oauth2, as their documentation has it.
//
// It talks to its driver in lines of JSON: what it sends the browser to, what the browser brings.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/url"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

var lines = bufio.NewScanner(os.Stdin)

func say(value any) {
	if err := json.NewEncoder(os.Stdout).Encode(value); err != nil {
		panic(err)
	}
}

func hear() (heard string) {
	if !lines.Scan() {
		os.Exit(0)
	}
	if err := json.Unmarshal(lines.Bytes(), &heard); err != nil {
		panic(err)
	}
	return heard
}

// journey signs one person in; what the browser brings back may be a refusal.
func journey(ctx context.Context, provider *oidc.Provider, config oauth2.Config) error {
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	say(map[string]string{"authorize": config.AuthCodeURL(
		state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier),
	)})
	back, err := url.Parse(hear())
	if err != nil {
		return err
	}
	received := back.Query()
	if received.Get("state") != state {
		return errors.New("state did not match")
	}
	if code := received.Get("error"); code != "" {
		return errors.New(code + " " + received.Get("error_description"))
	}
	token, err := config.Exchange(ctx, received.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		return err
	}
	rawIDToken, _ := token.Extra("id_token").(string)
	idToken, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, rawIDToken)
	if err != nil {
		return err
	}
	if idToken.Nonce != nonce {
		return errors.New("nonce did not match")
	}
	if err := idToken.VerifyAccessToken(token.AccessToken); err != nil {
		return err
	}
	if err := tell(ctx, provider, token, rawIDToken); err != nil {
		return err
	}
	hear() // the access token has expired
	renewed, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	if err != nil {
		return err
	}
	return tell(ctx, provider, renewed, rawIDToken)
}

func tell(ctx context.Context, provider *oidc.Provider, token *oauth2.Token, hint string) error {
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return err
	}
	say(map[string]any{
		"sub": info.Subject, "email": info.Email, "verified": info.EmailVerified, "id_token": hint,
	})
	return nil
}

func main() {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		say(map[string]string{"fault": err.Error()})
		return
	}
	config := oauth2.Config{
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		Endpoint:     provider.Endpoint(),
		RedirectURL:  os.Getenv("CALLBACK"),
		Scopes:       []string{oidc.ScopeOpenID, "profile", "email"},
	}
	if err := journey(ctx, provider, config); err != nil {
		say(map[string]string{"fault": err.Error()})
	}
}
