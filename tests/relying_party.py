"""A partner service of the tests: it speaks the protocol to our addresses, and asserts nothing.

ID tokens are verified with joserfc, which is not the library that signs them.
"""

import base64
import hashlib
import html
import json
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

from django.http import HttpResponse
from django.test import Client
from joserfc import jwt
from joserfc.jwk import KeySet

CALLBACK = "https://impots.example.nc/retour"
SIGNED_OUT = "https://impots.example.nc/au-revoir"
SECRET = "un-secret-de-partenaire-assez-long-0123456789"


def metadata(**changes) -> dict:
    """Client metadata that is accepted; ``changes`` replace members, None removes one."""
    members = {
        "client_id": "impots",
        "client_secret": SECRET,
        "client_name": "impots.nc",
        "client_uri": "https://impots.example.nc/",
        "initiate_login_uri": "https://impots.example.nc/connexion",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [SIGNED_OUT],
        "scope": "openid profile email birth identite_pivot",
        "nc_consent": "information",
    }
    return {name: value for name, value in (members | changes).items() if value is not None}


@dataclass
class RelyingParty:
    """A registered partner. Its back channel is a client of its own, without cookies."""

    client_id: str = "impots"
    secret: str = SECRET
    redirect_uri: str = CALLBACK
    back_channel: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @classmethod
    def registered(cls, **changes) -> "RelyingParty":
        from oidc_provider.partners.registration import register

        members = metadata(**changes)
        register(members)
        return cls(
            client_id=members["client_id"],
            secret=members.get("client_secret", ""),
            redirect_uri=members["redirect_uris"][0],
        )

    # The front channel

    def parameters(self, **changes) -> dict:
        """Those of an authorization request; ``changes`` replace, None removes."""
        sent = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid",
            "state": "un-etat",
            "nonce": "un-nombre",
            "code_challenge": challenge(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (sent | changes).items() if value is not None}

    def address(self, **changes) -> str:
        pairs = self.parameters(**changes).items()
        return "/oidc/authorize?" + "&".join(f"{k}={quote(str(v), safe='')}" for k, v in pairs)

    def sends(self, end_user, **changes) -> HttpResponse:
        """Send a signed-in person through authorize; they agree to what they are asked."""
        page = end_user.opens(self.address(**changes))
        if b'name="allow"' in page.content:
            page = end_user.submits(allow="1")
        return page

    def code(self, end_user, **changes) -> str:
        """The same; the code that comes back."""
        return answer(self.sends(end_user, **changes))["code"]

    # The back channel

    def basic(self) -> dict:
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def calls(self, path: str, data: dict, headers: dict | None = None) -> HttpResponse:
        headers = self.basic() if headers is None else headers
        sent = {name: value for name, value in data.items() if value is not None}
        return self.back_channel.post(path, sent, headers=headers)

    def exchanges(self, code: str, headers: dict | None = None, **changes) -> HttpResponse:
        data = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.calls("/oidc/token", data | changes, headers)

    def tokens(self, end_user, **changes) -> dict:
        """The whole way: the tokens of a person who is signed in."""
        return self.exchanges(self.code(end_user, **changes)).json()

    def refreshes(self, refresh_token: str, **changes) -> HttpResponse:
        data = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.calls("/oidc/token", data | changes)

    def userinfo(self, access_token: str) -> HttpResponse:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.back_channel.get("/oidc/userinfo", headers=headers)

    def keys(self) -> KeySet:
        return KeySet.import_key_set(self.back_channel.get("/oidc/jwks").json())

    def claims(self, id_token: str) -> dict:
        """The verified claims of an id_token. Raises when the signature is not one of our keys'."""
        token = jwt.decode(id_token, self.keys(), algorithms=["RS256", "ES256", "PS256"])
        return token.claims

    def logout_address(self, **parameters) -> str:
        pairs = [(k, v) for k, v in parameters.items() if v is not None]
        return "/oidc/end-session?" + "&".join(f"{k}={quote(str(v), safe='')}" for k, v in pairs)


def challenge(verifier: str) -> str:
    """RFC 7636, section 4.2."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def answer(page: HttpResponse) -> dict:
    """The parameters that a partner receives, by redirect or by a form that posts itself."""
    if page.status_code == 303:
        return dict(parse_qsl(urlsplit(page["Location"]).query, keep_blank_values=True))
    inputs = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.content.decode()
    )
    return {name: html.unescape(value) for name, value in inputs}


def refused(page, error: str) -> bool:
    """Whether the answer at the partner is this error."""
    return answer(page).get("error") == error


def destination(page: HttpResponse) -> str:
    """The address of a redirect without its query."""
    return page["Location"].partition("?")[0]


def query(address: str) -> dict:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def payload(token: str) -> dict:
    """The content of a JWS, unverified."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
