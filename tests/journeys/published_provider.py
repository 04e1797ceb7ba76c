"""A small OpenID provider of published parts (Authlib's server side), for the partner's own tests.

It knows one client and signs one person in without a page. Its attributes bend single answers, so
that a test can show what the partner does with a wrong one.
"""

import secrets
import threading
from dataclasses import dataclass
from types import SimpleNamespace

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.rpinitiated import EndSessionEndpoint
from flask import Flask, jsonify, redirect, request
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

CLIENT_ID = "impots-nc"
FIRST_KEY = RSAKey.generate_key(2048, {"kid": "first"})
CLIENT_SECRET = "sample-secret-of-the-tests"


class Client(ClientMixin):
    """The one registered client, held to its registration."""

    def __init__(self, metadata: dict):
        self.client_metadata = metadata

    def get_client_id(self):
        return CLIENT_ID

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri in self.client_metadata["redirect_uris"]

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(client_secret, CLIENT_SECRET)

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


@dataclass
class Code:
    """One authorization code, with what it was given for."""

    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return None

    def get_acr(self):
        return None

    def get_amr(self):
        return None


class CodeGrant(AuthorizationCodeGrant):
    """The authorization code grant; Authlib makes one for each request, from the class."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)
    provider: "PublishedProvider"

    def save_authorization_code(self, code, request):
        data = request.payload.data
        names = "scope", "nonce", "code_challenge", "code_challenge_method"
        values = {name: data[name] for name in names}
        self.provider.codes[code] = Code(request.payload.redirect_uri, **values)

    def query_authorization_code(self, code, client):
        return self.provider.codes.pop(code, None)

    def delete_authorization_code(self, authorization_code):
        """Redeemed codes are gone already: query_authorization_code takes them out."""

    def authenticate_user(self, authorization_code):
        return SimpleNamespace(sub=self.provider.sub)


class IDTokens(OpenIDCode):
    """The id_token of the code grant."""

    def __init__(self, provider: "PublishedProvider"):
        super().__init__(require_nonce=True)
        self.provider = provider

    def resolve_client_private_key(self, client):
        return self.provider.key

    def get_client_claims(self, client):
        return {"iss": self.provider.issuer, "aud": [CLIENT_ID]}

    def get_encode_header(self, client):
        return {"alg": "RS256", "kid": self.provider.key.kid}

    def exists_nonce(self, nonce, request):
        return any(code.nonce == nonce for code in self.provider.codes.values())

    def generate_user_info(self, user, scope):
        return {"sub": user.sub, **self.provider.claims}


class Issuer(IssuerParameter):
    """The iss parameter of RFC 9207."""

    def __init__(self, provider: "PublishedProvider"):
        self.provider = provider

    def get_issuer(self):
        return self.provider.response_iss


class EndSession(EndSessionEndpoint):
    """RP-initiated logout."""

    provider: "PublishedProvider"

    def get_server_jwks(self):
        return KeySet([self.provider.key])

    def end_session(self, end_session_request):
        self.provider.sign_outs.append(end_session_request.id_token_claims)


class PublishedProvider:
    """The provider, listening on a free loopback port until ``stop``."""

    def __init__(self, client_metadata: dict, port: int = 0):
        self.app = Flask("published_provider")
        self._server = make_server("127.0.0.1", port, self.app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self.key = FIRST_KEY
        self.client = Client(client_metadata)
        self.codes: dict[str, Code] = {}
        self.access_tokens: set[str] = set()
        self.requests: list[dict] = []
        self.sign_outs: list[dict] = []
        # What a test may bend.
        self.sub, self.email = "person-1", "test@test.nc"
        self.claims: dict = {}
        self.userinfo: dict = {}
        self.response_iss = self.issuer
        self.refuses = False
        self._add_protocol()
        self._add_routes()
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening: connections are then refused."""
        self._server.shutdown()
        self._server.server_close()

    def _add_protocol(self) -> None:
        self.server = AuthorizationServer(
            self.app,
            query_client=lambda client_id: self.client if client_id == CLIENT_ID else None,
            save_token=lambda token, request: self.access_tokens.add(token["access_token"]),
        )
        code_grant = type("CodeGrant", (CodeGrant,), {"provider": self})
        self.server.register_grant(code_grant, [IDTokens(self), CodeChallenge(required=True)])
        self.server.register_extension(Issuer(self))
        self.server.register_endpoint(type("EndSession", (EndSession,), {"provider": self}))

    def _add_routes(self) -> None:
        rules = {
            "/.well-known/openid-configuration": self._discovery,
            "/authorize": self._authorize,
            "/token": self.server.create_token_response,
            "/userinfo": self._userinfo,
            "/jwks": lambda: jsonify(KeySet([self.key]).as_dict(private=False)),
            "/end-session": lambda: self.server.create_endpoint_response("end_session"),
        }
        for rule, view in rules.items():
            self.app.add_url_rule(rule, rule, view, methods=["GET", "POST"])

    def _discovery(self):
        names = {"authorization": "authorize", "end_session": "end-session"}
        endpoints = {
            f"{name}_endpoint": f"{self.issuer}/{names.get(name, name)}"
            for name in ("authorization", "token", "userinfo", "end_session")
        }
        return jsonify(
            issuer=self.issuer,
            jwks_uri=f"{self.issuer}/jwks",
            id_token_signing_alg_values_supported=["RS256"],
            authorization_response_iss_parameter_supported=True,
            **endpoints,
        )

    def _authorize(self):
        self.requests.append(request.args.to_dict())
        if request.args.get("code_challenge_method") != "S256":
            return redirect(f"{request.args['redirect_uri']}?error=invalid_request")
        user = None if self.refuses else SimpleNamespace(sub=self.sub)
        grant = self.server.get_consent_grant(end_user=user)
        return self.server.create_authorization_response(grant_user=user, grant=grant)

    def _userinfo(self):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.access_tokens:
            return jsonify(error="invalid_token"), 401
        return jsonify({"sub": self.sub, "email": self.email, **self.userinfo})
