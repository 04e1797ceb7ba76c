//! A relying party on the crate openidconnect, as its documentation has it.
//!
//! It talks to its driver in lines of JSON: what it sends the browser to, what the browser brings.

use std::collections::HashMap;
use std::env::var;
use std::error::Error;
use std::io::stdin;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreProviderMetadata,
    CoreUserInfoClaims,
};
use openidconnect::reqwest;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope,
    StandardErrorResponse, TokenResponse,
};
use serde_json::{json, Value};

type Fault = Box<dyn Error>;

fn say(value: Value) {
    println!("{value}");
}

fn hear() -> Result<String, Fault> {
    let mut line = String::new();
    if stdin().read_line(&mut line)? == 0 {
        std::process::exit(0);
    }
    Ok(serde_json::from_str(&line)?)
}

/// The library keeps what the server answered inside its error.
fn told<E: Error + 'static>(
    error: RequestTokenError<E, StandardErrorResponse<CoreErrorResponseType>>,
) -> Fault {
    match error {
        RequestTokenError::ServerResponse(answer) => answer.to_string().into(),
        other => other.to_string().into(),
    }
}

fn journey() -> Result<(), Fault> {
    let ca = reqwest::Certificate::from_pem(&std::fs::read(var("CA")?)?)?;
    let http = reqwest::blocking::ClientBuilder::new()
        .redirect(reqwest::redirect::Policy::none())
        .add_root_certificate(ca)
        .build()?;
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(var("ISSUER")?)?, &http)?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(var("CLIENT_ID")?),
        Some(ClientSecret::new(var("CLIENT_SECRET")?)),
    )
    .set_redirect_uri(RedirectUrl::new(var("CALLBACK")?)?);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (address, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("profile".into()))
        .add_scope(Scope::new("email".into()))
        .set_pkce_challenge(challenge)
        .url();
    say(json!({ "authorize": address.as_str() }));

    let back = reqwest::Url::parse(&hear()?)?;
    let received: HashMap<_, _> = back.query_pairs().into_owned().collect();
    let given = |name: &str| received.get(name).cloned().unwrap_or_default();
    if given("state") != *state.secret() {
        return Err("state".into());
    }
    if received.contains_key("error") {
        return Err(format!("{} {}", given("error"), given("error_description")).into());
    }
    let tokens = client
        .exchange_code(AuthorizationCode::new(given("code")))?
        .set_pkce_verifier(verifier)
        .request(&http)
        .map_err(told)?;
    let id_token = tokens.id_token().ok_or("no id_token")?;
    let id_verifier = client.id_token_verifier();
    let claims = id_token.claims(&id_verifier, &nonce)?;
    if let Some(expected) = claims.access_token_hash() {
        let actual = AccessTokenHash::from_token(
            tokens.access_token(),
            id_token.signing_alg()?,
            id_token.signing_key(&id_verifier)?,
        )?;
        if actual != *expected {
            return Err("at_hash".into());
        }
    }
    let tell = |access_token: &openidconnect::AccessToken| -> Result<(), Fault> {
        let person: CoreUserInfoClaims = client
            .user_info(access_token.clone(), Some(claims.subject().clone()))?
            .request(&http)?;
        say(json!({
            "sub": person.subject().as_str(),
            "email": person.email().map(|address| address.as_str()),
            "verified": person.email_verified(),
            "id_token": id_token.to_string(),
        }));
        Ok(())
    };
    tell(tokens.access_token())?;

    hear()?; // the access token has expired
    let refresh_token = tokens.refresh_token().ok_or("no refresh token")?;
    let renewed = client.exchange_refresh_token(refresh_token)?.request(&http).map_err(told)?;
    tell(renewed.access_token())
}

fn main() {
    if let Err(fault) = journey() {
        say(json!({ "fault": fault.to_string() }));
    }
}
