"""A person and a partner who do what they do in life, and check every answer."""

import base64
import hashlib
import itertools
import json
import secrets
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from benchmarks.http import Answer, Browser, Wire, need, parsed

ALGORITHMS = ["RS256", "ES256", "PS256"]
CLOCK_SKEW = 5  # seconds
_addresses = itertools.count(1)


@dataclass(frozen=True)
class Partner:
    """What a registered partner knows of itself."""

    client_id: str
    secret: str
    redirect_uri: str
    scope: str

    @property
    def basic(self) -> dict[str, str]:
        """client_secret_basic (RFC 6749, section 2.3.1)."""
        pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}


@dataclass(frozen=True)
class Request:
    """An authorization request and what has to match its answer."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str
    sub: str


class Visitor:
    """One person after the other in front of one connection, at one partner."""

    def __init__(self, wire: Wire, partner: Partner, people: "itertools.cycle[dict]"):
        self.wire = wire
        self.partner = partner
        self.people = people
        self.metadata = self.json(f"{wire.issuer}/.well-known/openid-configuration")
        self.keys = KeySet.import_key_set(self.json(self.metadata["jwks_uri"]))
        self.tests: list[tuple[Browser, str]] = []
        self.tokens: Tokens | None = None
        self.browser = self.new_browser()

    def new_browser(self) -> Browser:
        """Of its own network, so that the limits that protect a site count people."""
        number = next(_addresses)
        return Browser(self.wire, f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")

    def json(self, url: str, headers: dict | None = None) -> dict:
        answer = self.wire.send("GET", url, headers=headers)
        need(answer.status == 200, f"GET {urlsplit(url).path}: {answer.status}")
        return json.loads(answer.body)

    # What anybody reads

    def reads_discovery(self) -> None:
        metadata = self.json(f"{self.wire.issuer}/.well-known/openid-configuration")
        need(metadata["issuer"] == self.wire.issuer, "discovery: another issuer")

    def reads_keys(self) -> None:
        need(self.json(self.metadata["jwks_uri"])["keys"], "jwks: no key")

    def asks_health(self) -> None:
        need(self.json(f"{self.wire.issuer}/sante/vivant") == {"status": "ok"}, "health: not ok")

    def opens_sign_up(self) -> Answer:
        """The page of somebody who was never here, with a captcha of its own."""
        self.browser = self.new_browser()
        page = self.browser.opens(f"{self.wire.issuer}/inscription/")
        need(page.status == 200 and "password1" in parsed(page).names, "sign-up: no form")
        return page

    def gets_a_test(self) -> None:
        page = self.opens_sign_up()
        sheets = {urljoin(page.url, src) for src in parsed(page).pictures if "/captcha/" in src}
        need(len(sheets) == 1, f"sign-up: {len(sheets)} sheets of pictures")
        self.tests.append((self.browser, sheets.pop()))

    def sees_a_test(self) -> None:
        browser, sheet = self.tests.pop()
        answer = browser.opens(sheet, accept="image/*")
        need(answer.status == 200 and answer.body[:2] == b"\xff\xd8", "captcha: no pictures")

    # Signing in

    def opens_sign_in(self) -> None:
        """An anonymous authorization request, up to the form."""
        self.browser = self.new_browser()
        self.request = self._authorization_request()
        self.page = self.browser.opens(self.request.url)
        need(self.page.status == 200, f"sign-in page: {self.page.status}")
        need("username" in parsed(self.page).names, "sign-in page: no form")

    def signs_in(self) -> None:
        """From the partner's button to the claims: page, password, code, tokens, userinfo."""
        self.opens_sign_in()
        self._ends_at_partner(self.presses_sign_in())

    def presses_sign_in(self) -> Answer:
        """The credentials on the page that is open; what the partner gets."""
        person = next(self.people)
        fields = {"username": person["email"], "password": person["password"]}
        answer = self.browser.submits(self.page, parsed(self.page).hidden | fields)
        need(answer.status in (302, 303), f"sign-in: {answer.status}")
        return answer

    def comes_back(self) -> None:
        """The same with a session: single sign-on."""
        self.request = self._authorization_request()
        self._ends_at_partner(self.browser.opens(self.request.url))

    def _ends_at_partner(self, answer: Answer) -> None:
        self.tokens = self._redeems(self._code(answer))
        self.reads_userinfo()

    def _authorization_request(self) -> Request:
        state, nonce, verifier = (secrets.token_urlsafe(size) for size in (16, 16, 48))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        query = {
            "response_type": "code",
            "client_id": self.partner.client_id,
            "redirect_uri": self.partner.redirect_uri,
            "scope": self.partner.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        url = f"{self.metadata['authorization_endpoint']}?{urlencode(query)}"
        return Request(url, state, nonce, verifier)

    def _code(self, answer: Answer) -> str:
        location = answer.headers.get("Location", "")
        need(location.startswith(self.partner.redirect_uri), f"no code: {answer.status}")
        given = parse_qs(urlsplit(location).query)
        need(given.get("state") == [self.request.state], "state: not the one sent")
        need(given.get("iss") == [self.wire.issuer], "iss: missing or another")
        need(given.get("code"), f"no code: {given.get('error')}")
        return given["code"][0]

    # The back channel

    def _redeems(self, code: str) -> Tokens:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.partner.redirect_uri,
            "code_verifier": self.request.verifier,
        }
        content = self._calls("token_endpoint", fields)
        sub = self._verified(content["id_token"], self.request.nonce)
        return Tokens(content["access_token"], content.get("refresh_token", ""), sub)

    def refreshes(self) -> None:
        """With rotation: the next refresh uses what this one gave."""
        fields = {"grant_type": "refresh_token", "refresh_token": self.tokens.refresh}
        content = self._calls("token_endpoint", fields)
        need(self._verified(content["id_token"]) == self.tokens.sub, "refresh: another sub")
        need(content["access_token"] != self.tokens.access, "refresh: the same access token")
        self.tokens = Tokens(content["access_token"], content["refresh_token"], self.tokens.sub)

    def introspects(self) -> None:
        content = self._calls("introspection_endpoint", {"token": self.tokens.access})
        need(content["active"] is True, "introspection: not active")

    def reads_userinfo(self) -> None:
        bearer = {"Authorization": f"Bearer {self.tokens.access}"}
        claims = self.json(self.metadata["userinfo_endpoint"], bearer)
        need(claims["sub"] == self.tokens.sub, "userinfo: another sub")
        need(claims.get("email", "").endswith("exemple.nc"), "userinfo: no address")

    def _calls(self, endpoint: str, fields: dict) -> dict:
        answer = self.wire.send(
            "POST", self.metadata[endpoint], headers=self.partner.basic, form=fields
        )
        content = json.loads(answer.body)
        need(answer.status == 200, f"{endpoint}: {answer.status} {content.get('error')}")
        return content

    def _verified(self, id_token: str, nonce: str | None = None) -> str:
        """The ``sub`` of an id_token: signature, iss, aud, times and nonce are right."""
        claims = jwt.decode(id_token, self.keys, algorithms=ALGORITHMS).claims
        now = time.time()
        need(claims["iss"] == self.wire.issuer, "id_token: iss")
        need(claims["aud"] == self.partner.client_id, "id_token: aud")
        need(claims["iat"] - CLOCK_SKEW <= now < claims["exp"], "id_token: iat, exp")
        need(nonce is None or claims["nonce"] == nonce, "id_token: nonce")
        return claims["sub"]
