"""A person who tries one of the documentation's example sites, over HTTP, without a script."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

SIGN_IN = "S’identifier avec NC Connect"
SIGN_OUT = "Se déconnecter"
TIMEOUT = 30


@dataclass
class _Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self, page: requests.Response):
        super().__init__()
        self.forms: list[_Form] = []
        self.feed(page.text)

    def handle_starttag(self, tag, attributes):
        names = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append(_Form(names.get("action", ""), names.get("method", "get")))
        elif self.forms and "name" in names and tag == "input":
            self.forms[-1].fields[names["name"]] = names.get("value", "")
        elif self.forms and "name" in names and tag == "button":
            self.forms[-1].buttons[names["name"]] = names.get("value", "")


class Visitor:
    """One browser; ``page`` is what it shows."""

    def __init__(self, home: str):
        self.home = home
        self.http = requests.Session()
        self.http.trust_env = False
        self.page: requests.Response | None = None

    def opens(self, address: str) -> requests.Response:
        self.page = self.http.get(address, timeout=TIMEOUT)
        return self.page

    def submits(self, having: str, **values) -> requests.Response:
        """Send the form that has this field or button, filled in with ``values``."""
        form = next(f for f in _Forms(self.page).forms if having in {**f.fields, **f.buttons})
        return self._send(form, form.fields | values)

    def presses(self, label: str) -> requests.Response:
        """Follow the link, or send the form, that has this text."""
        link = re.search(rf'<a href="([^"]+)"[^>]*>{label}</a>', self.page.text)
        if link:
            return self.opens(urljoin(self.page.url, unescape(link[1])))
        before = self.page.text.partition(f"<button>{label}</button>")[0].count("<form")
        form = _Forms(self.page).forms[before - 1]
        return self._send(form, form.fields)

    def _send(self, form: _Form, fields: dict[str, str]) -> requests.Response:
        address = urljoin(self.page.url, unescape(form.action))
        self.page = self.http.request(form.method, address, data=fields, timeout=TIMEOUT)
        return self.page

    def signs_in(self, email: str, password: str, answer: str = "allow") -> requests.Response:
        """From the site's home, through our pages, to the site again.

        Where a page of ours asks, they press the button called ``answer``.
        """
        self.opens(self.home)
        self.presses(SIGN_IN)
        self.submits("password", username=email, password=password)
        if 'name="allow"' in self.page.text:
            self.submits(answer, **{answer: "1"})
        return self.page

    def signs_out(self) -> requests.Response:
        return self.presses(SIGN_OUT)
