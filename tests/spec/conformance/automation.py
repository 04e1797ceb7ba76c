"""The suite's scripted browser: it knows pages by their hooks only, and asserts nothing.

No JavaScript, one cookie jar, each module begins signed out.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

MAX_STEPS = 12
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass
class Form:
    """A form of a page, as a browser would send it: its own fields, filled in or hidden."""

    id: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms: list[Form] = []
        self.ids: set[str] = set()
        self._is_open = False

    def handle_starttag(self, tag, attributes):
        names = {name: value or "" for name, value in attributes}
        self.ids.add(names.get("id", ""))
        if tag == "form":
            self.forms.append(Form(names.get("id", ""), names.get("action", "")))
            self._is_open = True
        elif self._is_open and "name" in names and tag in ("input", "button"):
            form = self.forms[-1]
            place = form.fields if tag == "input" else form.buttons
            place[names["name"]] = names.get("value", "")

    def handle_endtag(self, tag):
        self._is_open = self._is_open and tag != "form"


@dataclass(frozen=True)
class Page:
    """What the browser shows, or the redirect to another site that it was given."""

    address: str
    response: Any
    forms: tuple[Form, ...] = ()
    ids: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        return self.response.content.decode()

    @property
    def leaves_for(self) -> str:
        """The foreign address that the browser is sent to, empty when it stays."""
        return self.response.get("Location", "") if self.response.status_code in REDIRECTS else ""

    def form_with(self, name: str) -> Form | None:
        found = (form for form in self.forms if name in {**form.fields, **form.buttons})
        return next(found, None)

    def form_to(self, address: str) -> Form | None:
        return next((form for form in self.forms if form.action == address), None)


@dataclass
class Automation:
    """Opens addresses of ``origin`` and does what the scripts of the suite do on each page.

    ``shown``: the hooks of the pages that a person had to act on, in order.
    """

    client: Any
    origin: str
    username: str
    password: str
    shown: list[str] = field(default_factory=list)

    def opens(self, address: str) -> Page:
        return self._walks("get", address, {})

    def posts(self, address: str, fields: dict[str, str]) -> Page:
        """A form of the relying party's own page, posted to us."""
        return self._walks("post", address, fields)

    def looks_at(self, address: str) -> Page:
        """Open an address and follow redirects, and touch nothing."""
        return self._fetches("get", address, {})

    def presses(self, page: Page, button: str) -> Page:
        form = page.form_with(button)
        fields = form.fields | {button: form.buttons[button]}
        return self._walks("post", urljoin(page.address, form.action), fields, page.address)

    def _walks(self, method: str, address: str, fields: dict, referer: str = "") -> Page:
        page = self._fetches(method, address, fields, referer)
        for _ in range(MAX_STEPS):
            filled = self._acts_on(page)
            if filled is None:
                return page
            page = self._fetches("post", *filled, page.address)
        raise AssertionError(f"the pages do not end: {self.shown}")

    def _acts_on(self, page: Page) -> tuple[str, dict] | None:
        """The address and fields of the form that the script sends here, if it knows the page."""
        if "login-title" in page.ids:
            form = next(form for form in page.forms if form.id == "login")
            filled = {"username": self.username, "password": self.password}
        elif form := page.form_with("allow"):
            filled = {"allow": form.buttons["allow"]}
        else:
            return None
        self.shown.append("login-title" if "username" in filled else "allow")
        return urljoin(page.address, form.action or page.address), form.fields | filled

    def _fetches(self, method: str, address: str, fields: dict, referer: str = "") -> Page:
        """One request and the redirects inside our own site."""
        headers = {"Referer": referer} if referer else {}
        for _ in range(MAX_STEPS):
            send = getattr(self.client, method)
            response = send(address, fields, headers=headers) if fields else send(address)
            target = urljoin(address, response.get("Location", ""))
            if response.status_code not in REDIRECTS or not self._is_ours(target):
                return _read(address, response)
            method, fields, address = "get", {}, target
        raise AssertionError("the redirects do not end")

    def _is_ours(self, address: str) -> bool:
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}" == self.origin


def _read(address: str, response) -> Page:
    if not response.get("Content-Type", "").startswith("text/html"):
        return Page(address, response)
    reader = _Reader()
    reader.feed(response.content.decode())
    return Page(address, response, tuple(reader.forms), frozenset(reader.ids))


def answer(page: Page, redirect_uri: str) -> tuple[str, dict[str, str]]:
    """How a relying party was answered, "query" or "form_post", and with what; "" if it was not."""
    if page.leaves_for.startswith(redirect_uri + "?"):
        pairs = parse_qsl(urlsplit(page.leaves_for).query, keep_blank_values=True)
        return "query", _each_once(pairs)
    form = page.form_to(redirect_uri)
    return ("form_post", dict(form.fields)) if form else ("", {})


def _each_once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    assert len(dict(pairs)) == len(pairs), "a parameter is answered twice"
    return dict(pairs)
