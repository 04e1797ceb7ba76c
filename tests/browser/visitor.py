"""A person in front of a real browser, which is watched: what it asks for, what it complains of."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Frame,
    Page,
    Request,
    Response,
)
from playwright.sync_api import (
    TimeoutError as TooSlow,
)

from tests.browser.hands import Mouse
from tests.browser.notice_texts import norm
from tests.running import Service

PASSWORD = "Tortue Luth 2026"
HERE = {"127.0.0.1", "::1", "localhost"}
SECOND = 1000  # milliseconds

WORDS = """() => {
  const text = node => node.textContent, all = selector => [...document.querySelectorAll(selector)];
  return {
    heading: all("h1, h2, h3").map(text), link: all("a").map(text),
    button: all("button:not([aria-hidden]), a.btn, summary").map(text),
    label: all("label").map(text), text: [document.body.innerText],
  };
}"""


def new_email(name: str = "moana") -> str:
    """An address that nobody else of this run has."""
    return f"{name}.{uuid4().hex[:8]}@exemple.nc"


@dataclass
class Visitor:
    """One person, one browser profile, one page."""

    service: Service
    browser: Browser
    locale: str = "fr-FR"
    javascript: bool = True
    email: str = field(default_factory=new_email)
    password: str = PASSWORD
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.service.secrets.add(self.password)
        self.context = self.browser.new_context(
            locale=self.locale,
            java_script_enabled=self.javascript,
            viewport={"width": 1280, "height": 900},
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(15 * SECOND)
        self.context.on("request", self._see_request)
        self.context.on("response", self._see_response)
        self.context.on("console", self._hear)
        self.page: Page = self.context.new_page()
        self.hands = Mouse(self.page)

    # What the browser tells

    def _see_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.hostname not in HERE:
            self.complaints.append(f"a request leaves the machine: {parts.hostname}")
        self.service.secrets.update(parse_qs(parts.query).get("code", ()))

    def _see_response(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} at {urlsplit(response.url).path}")

    def _hear(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def leave(self) -> None:
        """Close the browser profile. What its cookies held must stand in no log."""
        for cookie in self.context.cookies():
            if len(cookie["value"]) >= 20:
                self.service.secrets.add(cookie["value"])
        self.context.close()

    # Moves

    def opens(self, path: str) -> Response | None:
        """Type an address; a path is one of NC Connect."""
        return self.page.goto(path if "://" in path else self.service.base_url + path)

    def arrives(self, path: str) -> None:
        """Wait for the page of this path, a regular expression, on either site."""
        try:
            self.page.wait_for_url(re.compile(rf"^https?://[^/]+{path}(\?.*)?$"))
        except TooSlow:
            here = urlsplit(self.page.url).path
            said = norm(self.page.locator("main").inner_text())
            raise AssertionError(f"expected {path}, still at {here}: {said[:400]}") from None

    def words(self, place: Page | Frame | None = None) -> dict[str, list[str]]:
        """What the page says, by kind of element, in the spelling of ``norm``."""
        found = (place or self.page).evaluate(WORDS)
        return {kind: [norm(text) for text in texts] for kind, texts in found.items()}

    def sees(self, expected: dict[str, tuple[str, ...]], place: Page | Frame | None = None) -> None:
        """Every expected word is on the page. Raises AssertionError that lists those missing."""
        words = self.words(place)
        missing = [
            (kind, text)
            for kind, texts in expected.items()
            for text in map(norm, texts)
            if not (text in words["text"][0] if kind == "text" else text in words[kind])
        ]
        assert not missing, f"not on {urlsplit(self.page.url).path}: {missing}"

    @property
    def heading(self) -> str:
        return norm(self.page.locator("h1").inner_text())

    # The forms of NC Connect, by the names of their fields

    def fills_in_sign_up(self) -> None:
        page, hands = self.page, self.hands
        hands.type(page.locator("[name=email]"), self.email)
        hands.type(page.locator("[name=email2]"), self.email)
        hands.type(page.locator("[name=password1]"), self.password)
        hands.type(page.locator("[name=password2]"), self.password)
        self.solves_captcha()
        hands.tick(page.locator("[name=cgu]"))

    def solves_captcha(self) -> None:
        token = self.page.locator("[name=captcha_jeton]").input_value()
        for value in self.service.captcha_answer(token):
            self.hands.tick(self.page.locator(f"[name=captcha_choix][value='{value}']"))

    def fills_in_sign_in(self) -> None:
        self.hands.type(self.page.locator("[name=username]"), self.email)
        self.hands.type(self.page.locator("[name=password]"), self.password)

    def submits(self) -> None:
        """Press the main button of the page's form."""
        self.hands.press(self.page.locator("main form .btn:not(.sec)").first)

    # Journeys of several pages

    def opens_partner(self) -> None:
        """The home page of impots.nc, which speaks French until it is told otherwise."""
        self.opens(self.service.partner_url + "/")
        if self.locale.startswith("en"):
            self.hands.press(self.page.locator(".langs a[hreflang=en]"))
            self.page.locator("html[lang=en]").wait_for()

    def comes_from_partner(self) -> None:
        """From the home page of impots.nc to NC Connect's sign-in page."""
        self.opens_partner()
        self.hands.press(self.page.locator("details.sign-in > summary"))
        self.hands.press(self.page.locator("details.sign-in a.ncc-btn"))
        self.is_asked_to_sign_in()

    def is_asked_to_sign_in(self) -> None:
        """Wait for the form, which a partner's request shows at its own address."""
        self.page.locator("#login").wait_for()

    def signs_up(self) -> None:
        """From the sign-in page to « Veuillez activer votre compte »."""
        self.hands.press(self.page.locator("section a.btn.sec"))
        self.arrives("/inscription/")
        self.fills_in_sign_up()
        self.submits_and_waits()
        if urlsplit(self.page.url).path == "/inscription/":
            self.solves_captcha()  # a second one: many of these tests came from this network
            self.submits_and_waits()
        self.arrives("/inscription/verification/")

    def submits_and_waits(self) -> None:
        with self.page.expect_navigation():
            self.submits()

    def signs_in(self) -> None:
        self.fills_in_sign_in()
        self.submits()

    def has_an_account(self) -> None:
        """An activated account, made by an operator."""
        arguments = ("create_account", "--email", self.email, "--password-stdin")
        self.service.manage(*arguments, text=self.password)
