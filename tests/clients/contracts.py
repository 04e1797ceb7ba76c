"""Partners that integrated NC Connect v2 and v3, written to the letter of what was published.

They know nothing of us but what those contracts say: addresses joined to a base, Basic credentials
as PHP sends them (not form-encoded), claims read without a default. Both decode JSON only.
"""

import base64
import json
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

SCOPES = "openid identite_pivot profile email birth"
TIMEOUT = 30


class Refused(Exception):
    """The client stops: the answer is not what the contract says."""


def _payload(id_token: str) -> dict:
    """Three parts, the second one JSON; neither client looks at the signature."""
    parts = id_token.split(".")
    if len(parts) != 3:
        raise Refused("id_token")
    return json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))


@dataclass
class Client:
    """What both have in common."""

    base: str
    client_id: str
    secret: str
    callback: str
    ca: str
    tokens: dict = field(default_factory=dict)

    authorize_path = token_path = userinfo_path = logout_path = ""

    def _address(self, path: str, parameters: dict) -> str:
        return f"{self.base}{path}?{urlencode(parameters)}"

    def _post(self, data: dict) -> dict:
        bare = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        answer = requests.post(
            self.base + self.token_path,
            data=data,
            headers={"Authorization": f"Basic {bare}"},
            verify=self.ca,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        if answer.status_code != 200:
            raise Refused(answer.text)
        return answer.json()

    def _redeem(self, address: str) -> dict:
        received = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = {"grant_type": "authorization_code", "redirect_uri": self.callback}
        self.tokens = self._post(code | {"code": received["code"]})
        return received

    def userinfo(self) -> dict:
        answer = requests.get(
            self.base + self.userinfo_path,
            headers={"Authorization": f"Bearer {self.tokens['access_token']}"},
            verify=self.ca,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        if answer.status_code != 200 or not isinstance(answer.json(), dict):
            raise Refused(answer.text)
        return answer.json()


@dataclass
class V2(Client):
    """Its base ends with a slash and its paths begin with one: /v2//authorize. No state."""

    authorize_path = "/authorize"
    token_path = "/token"
    userinfo_path = "/userinfo"
    logout_path = "/logout"

    def sign_in_address(self) -> str:
        nonce = secrets.token_hex(10)  # 20 characters, sent and never looked at again
        return self._address(
            self.authorize_path,
            {
                "scope": SCOPES,
                "response_type": "code",
                "client_id": self.client_id,
                "redirect_uri": self.callback,
                "nonce": nonce,
            },
        )

    def returns(self, address: str) -> dict:
        """The person's claims; the address and its proof are read with no default."""
        self._redeem(address)
        claims = self.userinfo()
        return claims | {"login": claims["email"], "confirmed": claims["email_verified"]}

    def logout_address(self, back: str) -> str:
        parameters = {"post_logout_redirect_uri": back, "id_token_hint": self.tokens["id_token"]}
        return self._address(self.logout_path, parameters)


@dataclass
class V3(Client):
    """state, and a nonce of 40 characters that is looked for in the id_token; refresh."""

    state: str = ""
    nonce: str = ""

    authorize_path = "/protocol/openid-connect/auth"
    token_path = "/protocol/openid-connect/token"
    userinfo_path = "/protocol/openid-connect/userinfo"
    logout_path = "/protocol/openid-connect/logout"

    def sign_in_address(self) -> str:
        self.state, self.nonce = secrets.token_hex(20), secrets.token_hex(20)
        return self._address(
            self.authorize_path,
            {
                "client_id": self.client_id,
                "redirect_uri": self.callback,
                "scope": SCOPES,
                "response_type": "code",
                "state": self.state,
                "nonce": self.nonce,
            },
        )

    def returns(self, address: str) -> dict:
        received = self._redeem(address)
        if received["state"] != self.state:
            raise Refused("state")
        if _payload(self.tokens["id_token"])["nonce"] != self.nonce:
            raise Refused("nonce")
        self._check_tokens()
        return self._person()

    def refreshes(self) -> dict:
        """The same client authentication; each answer carries the next refresh token."""
        data = {"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]}
        self.tokens = self._post(data)
        self._check_tokens()
        return self._person()

    def _check_tokens(self) -> None:
        if self.tokens["expires_in"] != 1800 or not self.tokens["refresh_token"]:
            raise Refused("expires_in, refresh_token")

    def _person(self) -> dict:
        claims = self.userinfo()
        return claims | {"sub": claims["sub"], "verified": claims.get("verified", 0)}

    def logout_address(self, **parameters: str) -> str:
        return self._address(self.logout_path, parameters)
