"""An application of a computer that signs its user in with NC Connect: Authlib, no secret."""

import os
import secrets
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

ISSUER = os.environ["NC_ISSUER"]
CLIENT_ID = os.environ["NC_CLIENT_ID"]
SCOPE = "openid email"


class Listener(BaseHTTPRequestHandler):
    """Hears the answer, at /retour and nowhere else."""

    def do_GET(self):
        if urlsplit(self.path).path != "/retour":
            self.send_error(404)
            return
        self.server.answer = self.path
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write("Vous pouvez revenir à l’application.".encode())

    def log_message(self, *arguments):
        """Nothing: the address holds the code."""


def main():
    known = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=10).json()
    with HTTPServer(("127.0.0.1", 0), Listener) as server:  # 0: the system chooses the port
        back = f"http://127.0.0.1:{server.server_port}/retour"
        client = OAuth2Session(
            CLIENT_ID,
            scope=SCOPE,
            redirect_uri=back,
            code_challenge_method="S256",
            token_endpoint_auth_method="none",
        )
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        address, state = client.create_authorization_url(
            known["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        print(address, flush=True)
        webbrowser.open(address)  # the person's own browser, never a window of the application
        server.answer = ""
        while not server.answer:
            server.handle_request()
    received = parse_qs(urlsplit(server.answer).query)
    if received.get("state") != [state] or received.get("iss") != [ISSUER]:  # RFC 9207
        raise SystemExit("an answer that we did not ask for")
    if "error" in received:  # access_denied: the person went back, no alarm
        raise SystemExit(received["error"][0])
    token = client.fetch_token(
        known["token_endpoint"], code=received["code"][0], code_verifier=verifier
    )
    claims = verified(token["id_token"], known, nonce)
    person = client.get(known["userinfo_endpoint"]).json()
    if person["sub"] != claims["sub"]:
        raise SystemExit("sub")
    # token["refresh_token"] belongs in the system's keychain: see keyring, on PyPI.
    print(f"Bonjour {person['email']}.", flush=True)


def verified(id_token, known, nonce):
    """The claims of an id_token that is for us, of now, and of this very request."""
    keys = KeySet.import_key_set(requests.get(known["jwks_uri"], timeout=10).json())
    claims = jwt.decode(id_token, keys, algorithms=["RS256"]).claims
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": CLIENT_ID},
        nonce={"essential": True, "value": nonce},
        exp={"essential": True},
    ).validate(claims)
    return claims


if __name__ == "__main__":
    main()
