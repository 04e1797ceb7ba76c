"""The OpenID Connect client: Authlib, plus the checks that it leaves to the application."""

import logging
import time

import requests
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from flask import Flask, current_app, session

from .config import Settings
from .problems import Stop
from .store import Handshakes

NAME = "ncconnect"
SCOPE = "openid profile email"
TIMEOUT_SECONDS = (2, 3)  # to connect, to read: a person waits behind it
DISCOVERY_SECONDS = 3600
PENDING_SIGN_INS = 5
CLOCK_SKEW_SECONDS = 60
NEEDED_METADATA = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


class ProviderUnusable(requests.RequestException):
    """The provider answered, but not with a discovery document of its own."""


class NCConnect(FlaskOAuth2App):
    """Authlib's client, with a discovery document that is checked and read again every hour.

    It is fetched at the first need: this site may start before its provider.
    """

    def load_server_metadata(self) -> dict:
        """The discovery document. Raises requests.RequestException while it cannot be had."""
        if time.time() - self.server_metadata.get("_loaded_at", 0) > DISCOVERY_SECONDS:
            self.server_metadata = {**self._fetch_discovery(), "_loaded_at": time.time()}
        return self.server_metadata

    def _fetch_discovery(self) -> dict:
        with self._get_session() as http:
            answer = http.request("GET", self._server_metadata_url, withhold_token=True)
        answer.raise_for_status()
        metadata = answer.json()
        # Discovery 1.0 § 4.3: « MUST be identical to the Issuer URL that was used as the prefix ».
        if not isinstance(metadata, dict) or metadata.get("issuer") != settings().issuer:
            raise ProviderUnusable("discovery: other issuer")
        if any(not isinstance(metadata.get(name), str) for name in NEEDED_METADATA):
            raise ProviderUnusable("discovery: incomplete")
        return metadata


class NCConnectOAuth(OAuth):
    """Authlib's registry, making clients of our class."""

    oauth2_client_cls = NCConnect


def settings() -> Settings:
    """The configuration of this application."""
    return current_app.config["IMPOTS_NC"]


def client() -> NCConnect:
    """The registered client."""
    return current_app.extensions["authlib.integrations.flask_client"].create_client(NAME)


def init_client(app: Flask, configured: Settings, handshakes: Handshakes) -> None:
    """Register the provider under its discovery address; nothing is fetched yet."""
    # Authlib writes the code verifier to its debug log: never let that level through.
    logging.getLogger("authlib").setLevel(logging.INFO)
    registry = NCConnectOAuth(app, cache=handshakes)
    registry.register(
        NAME,
        client_id=configured.client_id,
        client_secret=configured.client_secret,
        server_metadata_url=configured.issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={
            "scope": SCOPE,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic",
            "default_timeout": TIMEOUT_SECONDS,
        },
    )


def is_pending(state: str) -> bool:
    """Whether this browser has a sign-in under way with that state.

    A sign-out under way has a state too, but no nonce: it must not pass for a sign-in.
    """
    data = client().framework.get_state_data(session, state)
    return bool(data and data.get("nonce"))


def forget_pending(state: str) -> None:
    """Use a state up, so that the same answer cannot come twice."""
    client().framework.clear_state_data(session, state)


def limit_pending() -> None:
    """Keep the newest sign-ins under way: many open tabs must not outgrow the cookie."""
    prefix = f"_state_{NAME}_"
    keys = [key for key in session if key.startswith(prefix)]
    keys.sort(key=lambda key: session[key].get("exp", 0))
    for key in keys[:-PENDING_SIGN_INS]:
        session.pop(key)


def check_issuer(iss: str | None) -> None:
    """RFC 9207 § 2.4: the answer must come from the provider that was asked (mix-up attack)."""
    promised = client().load_server_metadata().get("authorization_response_iss_parameter_supported")
    if iss is None and not promised:
        return
    if iss != settings().issuer:
        raise Stop("foreign", "iss")


def redeem() -> dict[str, str]:
    """Exchange this request's code, check the id_token and read userinfo.

    Returns iss, sub, sid, email, locale (the last three may be empty) and the id_token. Raises what
    Authlib raises, or Stop.
    """
    app = client()
    must_be = {
        "iss": {"essential": True, "value": settings().issuer},
        "aud": {"essential": True, "value": settings().client_id},
    }
    token = app.authorize_access_token(claims_options=must_be, leeway=CLOCK_SKEW_SECONDS)
    claims = token.get("userinfo")  # Authlib's name for the id_token's claims, once verified
    if not claims or not claims.get("sub"):
        raise Stop("failed", "no_id_token")
    person = app.userinfo(token=token)
    # Core § 5.3.2: « if they do not match, the UserInfo Response values MUST NOT be used ».
    if person.get("sub") != claims["sub"]:
        raise Stop("failed", "userinfo_sub")
    email, sid, locale = person.get("email"), claims.get("sid"), person.get("locale")
    return {
        "iss": claims["iss"],
        "sub": str(claims["sub"]),
        "sid": sid if isinstance(sid, str) else "",
        "email": email if isinstance(email, str) else "",
        "locale": locale if isinstance(locale, str) else "",
        "id_token": token["id_token"],
    }
