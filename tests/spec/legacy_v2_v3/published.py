"""What the published PHP clients of NC Connect v2 and v3 send, request by request.

Recorded from the published packages themselves, run unmodified but for the host; the record is
``published_clients.json``, where ``{…}`` stands for a value of the run. What they read without a
default (``reads``) is part of the contract: they stop when it is missing.
"""

import base64
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus

RECORD = json.loads(Path(__file__).with_name("published_clients.json").read_text())
VERSIONS = list(RECORD)


@dataclass(frozen=True)
class Sent:
    """One request of theirs."""

    method: str
    path: str  # with its query
    headers: dict[str, str]
    body: str


@dataclass
class Published:
    """One of them, as a partner has configured it."""

    version: str
    client_id: str
    secret: str
    redirect_uri: str
    signed_out: str
    state: str = field(init=False)
    nonce: str = field(init=False)

    def __post_init__(self) -> None:
        """As long as Laravel's Str::random makes them."""
        self.state, self.nonce = (
            secrets.token_hex(self.record["lengths"][name] // 2) for name in ("state", "nonce")
        )

    @property
    def record(self) -> dict:
        return RECORD[self.version]

    def registration(self) -> dict:
        """What such a partner is registered with: the four scopes that it asks, no PKCE."""
        method = self.record["configuration"].get("auth_method", "client_secret_basic")
        return {
            "client_id": self.client_id,
            "client_secret": self.secret,
            "redirect_uris": [self.redirect_uri],
            "post_logout_redirect_uris": [self.signed_out],
            "scope": "openid identite_pivot profile email",
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": method,
            "nc_require_pkce": False,
        }

    def sends(self, step: str, **values: str) -> Sent:
        """The request of this step, with the values of this run in it."""
        told = self.record[step]
        known = {
            "client_id": self.client_id,
            "client_secret": self.secret,
            "redirect_uri": self.redirect_uri,
            "post_logout_redirect_uri": self.signed_out,
            "state": self.state,
            "nonce": self.nonce,
        } | values
        encoded = {name: quote_plus(value) for name, value in known.items()}
        bare = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        query = "?" + told["query"].format_map(encoded) if "query" in told else ""
        headers = {
            name: text.format_map(values | {"basic": bare})
            for name, text in told.get("headers", {}).items()
        }
        body = told.get("body", "").format_map(encoded)
        return Sent(told["method"], told["path"] + query, headers, body)
