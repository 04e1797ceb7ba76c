"""What a page weighs on a slow line: at most 15 kB, the pictures of the captcha apart."""

import gzip
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Response

from tests.browser.test_accessibility import PAGES, ask_for_reset
from tests.browser.test_partners import authorize, register
from tests.browser.visitor import Visitor
from tests.running import BASE_DIR, Service

PAGE_LIMIT = 15_000
PICTURES_LIMIT = 30_000
MOST_REQUESTS = 4  # the page, its style sheet, the mark in the tab, one thing of its own
MOST_LOGOS = 4  # of partners, each small; they come when they are looked at
REDIRECTS = (301, 302, 303)
COMPRESSED = ("text/", "image/svg", "application/json")


@dataclass
class Weighing:
    """Everything that a fresh browser fetches for one page."""

    responses: list[Response] = field(default_factory=list)

    def take(self, response: Response) -> None:
        if response.status not in REDIRECTS:  # a redirect has no body
            self.responses.append(response)

    @property
    def pictures(self) -> list[Response]:
        return [answer for answer in self.responses if "/captcha/" in answer.url]

    @property
    def rest(self) -> list[Response]:
        apart = (*self.pictures, *self.logos)
        return [answer for answer in self.responses if answer not in apart]

    @property
    def logos(self) -> list[Response]:
        return [answer for answer in self.responses if "/logo/" in answer.url]

    def bytes(self, responses: list[Response]) -> int:
        return sum(map(weight, responses))


def weight(response: Response) -> int:
    """Bytes on the line, headers apart: text travels compressed, by the proxy."""
    body = response.body()
    kind = response.headers.get("content-type", "")
    return len(gzip.compress(body, 6)) if kind.startswith(COMPRESSED) else len(body)


def weigh(person: Visitor, path: str) -> Weighing:
    """Open the page with an empty cache and the cookies that the person has."""
    scale, session = Weighing(), person.context.new_cdp_session(person.page)
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    person.page.goto("about:blank")  # nothing of the page before is still on its way
    person.page.on("response", scale.take)
    person.page.goto(person.service.base_url + path, wait_until="networkidle")
    person.page.remove_listener("response", scale.take)
    session.detach()
    return scale


def faults(name: str, scale: Weighing) -> list[str]:
    found = []
    page, pictures = scale.bytes(scale.rest), scale.bytes(scale.pictures)
    print(f"{name:22} {len(scale.rest)} requests {page:6} B  captcha {pictures:6} B")
    if page > PAGE_LIMIT:
        found.append(f"{name} weighs {page} bytes")
    if pictures > PICTURES_LIMIT:
        found.append(f"the pictures of {name} weigh {pictures} bytes")
    if len(scale.logos) > MOST_LOGOS:
        found.append(f"{name} shows {len(scale.logos)} logos")
    if len(scale.rest) > MOST_REQUESTS:
        found.append(f"{name} makes {len(scale.rest)} requests")
    kinds = [answer.headers.get("content-type", "") for answer in scale.responses]
    if any("javascript" in kind for kind in kinds):
        found.append(f"{name} fetches a script")
    return found


def own_path(person: Visitor) -> str:
    return person.page.url.removeprefix(person.service.base_url)


def test_no_page_weighs_more_than_15_kb(visitor):
    stranger = visitor()
    doors = {
        "sign-in": "/connexion/",
        "sign-up": "/inscription/",
        "password forgotten": "/mot-de-passe-oublie/",
        "404": "/cette-page-n-existe-pas/",
        "unknown partner": "/oidc/authorize?client_id=inconnu",
        "signed out": "/deconnexion/terminee/",
    }
    found = []
    for name, path in {**PAGES, **doors}.items():
        found += faults(name, weigh(stranger, path))
        assert stranger.page.locator("script").count() == 0
    assert not found


def test_the_page_of_the_proxy_weighs_no_more():
    """Shown when nothing else answers; it brings its own styles."""
    page = (BASE_DIR / "static" / "503.html").read_bytes()
    assert len(gzip.compress(page)) <= PAGE_LIMIT
    assert b"http://" not in page
    assert b"https://" not in page
    assert b"<script" not in page


def test_no_page_of_an_account_weighs_more_than_15_kb(visitor, service: Service, tmp_path):
    person = visitor()
    person.has_an_account()
    link = ask_for_reset(person, "/mot-de-passe-oublie/")
    found = faults("password, a new one", weigh(person, urlsplit(link).path))
    person.comes_from_partner()
    found += faults("sign-in for a partner", weigh(person, own_path(person)))
    person.signs_up()
    found += faults("check mail", weigh(person, own_path(person)))
    person.opens("/connexion/")
    person.signs_in()
    person.arrives("/mon-compte/")
    for name, path in {
        "account": "/mon-compte/",
        "password change": "/mon-compte/mot-de-passe/",
        "devices": "/mon-compte/appareils/",
        "services": "/mon-compte/services/",
        "history": "/mon-compte/historique/",
        "sign-out asked": "/deconnexion/",
        "mailbox": "/demo/boite-mail/",
    }.items():
        found += faults(name, weigh(person, path))
        assert person.page.locator("script").count() == 0
    person.opens(service.partner_url + "/connexion/initier?" + urlencode({"iss": service.base_url}))
    person.page.locator("#continue-title").wait_for()
    found += faults("continue to a partner", weigh(person, own_path(person)))
    request = register(service, tmp_path, "mairie", nc_consent="always")
    found += faults("consent", weigh(person, authorize(request)))
    assert person.page.locator("#consent-title").count() == 1
    assert not found


def test_a_captcha_in_ten_stays_light(visitor):
    """The pictures differ each time: ten tests, each under the limit."""
    person = visitor()
    weights = []
    for _ in range(10):
        scale = weigh(person, "/inscription/")
        assert len(scale.pictures) == 1  # one sheet
        weights.append(scale.bytes(scale.pictures))
    print(f"captcha: {min(weights)} to {max(weights)} B")
    assert max(weights) <= PICTURES_LIMIT


@pytest.mark.parametrize(("width", "most"), [(320, 2900), (1280, 1800)])
def test_signing_up_is_not_a_long_way_down(visitor, width, most):
    person = visitor()
    person.page.set_viewport_size({"width": width, "height": 800})
    person.opens("/inscription/")
    banner = person.page.locator(".demo").bounding_box()["height"]
    assert person.page.evaluate("document.documentElement.scrollHeight") - banner < most
