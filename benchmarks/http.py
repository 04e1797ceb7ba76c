"""A browser as far as signing in needs one: keep-alive, cookies, redirects, forms, pictures.

It stands where the TLS proxy of a real site stands: it speaks http on the loopback and says
in forwarded headers that the person uses https, and from where.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPMessage, RemoteDisconnected
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

MAX_REDIRECTS = 8
TIMEOUT = 30  # seconds
STATEMENTS_HEADER = "X-Statements"
_OPAQUE = re.compile(r"(?<=/)[\w.:=-]{24,}(?=/|$)")


class CheckFailed(Exception):
    """An answer is not what the protocol, or the page, has to be."""


def need(condition: object, what: str) -> None:
    """Raise CheckFailed with ``what`` unless the condition holds."""
    if not condition:
        raise CheckFailed(what)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, read to its end."""

    url: str
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Wire:
    """One keep-alive connection to the service.

    ``steps`` collects (step, statements) of each request while the service counts statements.
    """

    def __init__(self, port: int, issuer: str):
        self.issuer = issuer
        self.steps: list[tuple[str, int]] = []
        self._connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self._headers = {"Host": urlsplit(issuer).netloc, "X-Forwarded-Proto": "https"}

    def send(
        self, method: str, url: str, *, headers: dict | None = None, form: dict | None = None
    ) -> Answer:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        body, sent = None, self._headers | (headers or {})
        if form is not None:
            body = urlencode(form)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        response = self._exchange(method, target, body, sent)
        answer = Answer(url, response.status, response.headers, response.read())
        if counted := response.headers.get(STATEMENTS_HEADER):
            self.steps.append((step(method, parts.path), int(counted)))
        return answer

    def _exchange(self, method, target, body, headers):
        try:
            self._connection.request(method, target, body, headers)
            return self._connection.getresponse()
        except RemoteDisconnected:  # an idle connection that the server closed: once more
            self._connection.request(method, target, body, headers)
            return self._connection.getresponse()

    def close(self) -> None:
        self._connection.close()


def step(method: str, path: str) -> str:
    """The name of a request in the tables: its method and its path, without opaque values."""
    return f"{method} {_OPAQUE.sub('…', path)}"


class Browser:
    """One person's browser, with nothing in it yet, at an address of its own."""

    def __init__(self, wire: Wire, address: str):
        self._wire = wire
        self._address = address
        self._cookies: dict[str, str] = {}

    def opens(self, url: str, accept: str = "text/html") -> Answer:
        """The page at ``url``, redirects inside the site followed."""
        return self._follow(self._send("GET", url, {"Accept": accept}))

    def submits(self, page: Answer, form: dict) -> Answer:
        """Send the form of the page to the address that it names; the page's own without one."""
        headers = {"Accept": "text/html", "Origin": self._wire.issuer, "Referer": page.url}
        address = urljoin(page.url, parsed(page).action or page.url)
        return self._follow(self._send("POST", address, headers, form))

    def _follow(self, answer: Answer) -> Answer:
        """A foreign address is where this stops: the answer that leads there is returned."""
        for _ in range(MAX_REDIRECTS):
            if answer.status not in (301, 302, 303):
                return answer
            target = urljoin(answer.url, answer.headers["Location"])
            if not target.startswith(f"{self._wire.issuer}/"):
                return answer
            answer = self._send("GET", target, {"Accept": "text/html"})
        raise CheckFailed("the redirects do not end")

    def _send(self, method: str, url: str, headers: dict, form: dict | None = None) -> Answer:
        headers["X-Forwarded-For"] = self._address
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
        answer = self._wire.send(method, url, headers=headers, form=form)
        for line in answer.headers.get_all("Set-Cookie", []):
            self._keep(line)
        return answer

    def _keep(self, line: str) -> None:
        for name, morsel in SimpleCookie(line).items():
            if morsel["max-age"] == "0":
                self._cookies.pop(name, None)
            else:
                self._cookies[name] = morsel.coded_value


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.names: set[str] = set()
        self.pictures: list[str] = []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "form":
            self.action = values.get("action") or ""
        if tag == "img":
            self.pictures.append(values.get("src") or "")
        if tag == "input" and "name" in values:
            self.names.add(values["name"])
            if values.get("type") == "hidden":
                self.hidden[values["name"]] = values.get("value") or ""


def parsed(page: Answer) -> _Page:
    """Where its last form is sent, its hidden fields, the names of all, its pictures' addresses."""
    parser = _Page()
    parser.feed(page.text)
    return parser
