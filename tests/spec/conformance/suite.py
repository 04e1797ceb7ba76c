"""The conformance suite's side of one module: a relying party, and a scripted browser."""

import base64
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from joserfc.jwk import KeySet

from tests.spec.conformance import checks
from tests.spec.conformance.automation import Automation, Page, answer

HERE = Path(__file__).parent
CLIENTS = {file.stem: json.loads(file.read_text()) for file in sorted(HERE.glob("clients/*.json"))}
PERSON = json.loads((HERE / "person.json").read_text())
EMAIL, PASSWORD = "moana.test@exemple.nc", "Lagon 2 cocotiers"


@dataclass
class Site:
    """A provider that is under test. ``browser()`` gives a client without a cookie yet."""

    issuer: str
    browser: Any
    passes: Any  # passes(seconds): time goes by


@dataclass
class Suite:
    """One module's run. ``sent``: the authorization request that was made last."""

    site: Site
    response_mode: str | None = None
    client: dict = field(default_factory=lambda: CLIENTS["conf-basic-1"])
    sent: dict = field(default_factory=dict)

    def __post_init__(self):
        self.back = self.site.browser()
        self.automation = Automation(self.site.browser(), self.site.issuer, EMAIL, PASSWORD)
        self.discovery_answer = self.back.get(
            self.site.issuer + "/.well-known/openid-configuration"
        )
        self.metadata = self.discovery_answer.json()
        checks.check_server(self)

    @property
    def redirect_uri(self) -> str:
        return self.client["redirect_uris"][0]

    @property
    def shown(self) -> list[str]:
        return self.automation.shown

    # Front channel

    def request(self, **changes) -> dict[str, str]:
        """The module's usual request; ``changes`` replace parameters, None removes one."""
        usual = {
            "client_id": self.client["client_id"],
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": secrets.token_urlsafe(8),
            "nonce": secrets.token_urlsafe(8),
            "response_type": "code",
            "response_mode": self.response_mode,
        }
        self.sent = {k: str(v) for k, v in (usual | changes).items() if v is not None}
        return self.sent

    def address(self, **changes) -> str:
        query = urlencode(self.request(**changes), quote_via=quote)
        return f"{self.metadata['authorization_endpoint']}?{query}"

    def authorizes(self, **changes) -> dict[str, str]:
        """Send the browser through authorize; what arrives at the callback, by the right way."""
        return self.arrives(self.automation.opens(self.address(**changes)))

    def arrives(self, page: Page) -> dict[str, str]:
        """Form Post, section 2: neither code nor error in the address then."""
        way, parameters = answer(page, self.sent["redirect_uri"])
        assert way == (self.response_mode or "query"), page.text[:2000]
        return parameters

    def code(self, **changes) -> str:
        return checks.check_success(self, self.authorizes(**changes))

    # Back channel

    def exchanges(self, code: str, **changes):
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
        }
        return self.calls_token_endpoint(fields | changes)

    def refreshes(self, refresh_token: str, **changes):
        return self.calls_token_endpoint(
            {"grant_type": "refresh_token", "refresh_token": refresh_token} | changes
        )

    def calls_token_endpoint(self, fields: dict[str, str]):
        headers = {}
        if self.client["token_endpoint_auth_method"] == "client_secret_basic":
            headers["Authorization"] = self._basic()
        else:
            credentials = ("client_id", "client_secret")
            fields = fields | {name: self.client[name] for name in credentials}
        return self.back.post(self.metadata["token_endpoint"], fields, headers=headers)

    def _basic(self) -> str:
        pair = f"{self.client['client_id']}:{self.client['client_secret']}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def tokens(self, **changes) -> dict:
        """The whole happy flow, each answer checked."""
        return checks.check_tokens(self, self.exchanges(self.code(**changes)))

    def userinfo(self, access_token: str):
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.back.get(self.metadata["userinfo_endpoint"], headers=headers)

    def keys(self) -> KeySet:
        return KeySet.import_key_set(self.back.get(self.metadata["jwks_uri"]).json())
