"""A person in front of a browser without JavaScript, over real HTTP. Asserts nothing."""

import html
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

TIMEOUT = 30


class Browser:
    """Cookies, redirects, forms. ``page`` is the last answer."""

    def __init__(self, ca: str):
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = ca
        self.page: requests.Response | None = None

    def opens(self, address: str, *, until: str = "\n") -> str:
        """Follow redirects; where the browser ends, or is sent to, from ``until`` on not followed.

        The partner's part of a journey is often not a server: its address is what matters then.
        """
        return self._follow("GET", address, until)

    def submits(self, *, until: str = "\n", **values: str) -> str:
        """Send the form that has all these fields or buttons."""
        form = next(form for form in self.forms() if values.keys() <= form["names"])
        address = urljoin(self.page.url, form["action"])
        return self._follow(form["method"], address, until, form["hidden"] | values)

    def cookies(self) -> dict[str, str]:
        """What the browser keeps, as a program in its place would send it."""
        return self._http.cookies.get_dict()

    def forms(self) -> list[dict]:
        return _Forms(self.page.text).forms

    def can_press(self, name: str) -> bool:
        """Whether the page has a field or a button of this name."""
        return any(name in form["names"] for form in self.forms())

    def sends(self, address: str, *, until: str = "\n", **values: str) -> str:
        """Post a form that the last page, or a script on it, makes."""
        return self._follow("POST", urljoin(self.page.url, address), until, values)

    def _follow(self, method: str, address: str, until: str, data: dict | None = None) -> str:
        headers = {"Referer": self.page.url} if self.page is not None else {}
        for _ in range(12):
            if address.startswith(until):
                return address
            self.page = self._http.request(
                *(method, address),
                data=data,
                headers=headers,
                allow_redirects=False,
                timeout=TIMEOUT,
            )
            if "Location" not in self.page.headers:
                return self.page.url
            address = urljoin(address, self.page.headers["Location"])
            method, data = "GET", None
        raise AssertionError(f"the redirects do not end: {address}")


class _Forms(HTMLParser):
    """The forms of a page: action, method, hidden values, names of everything that can be sent."""

    def __init__(self, text: str):
        super().__init__()
        self.forms: list[dict] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            action = html.unescape(given.get("action", ""))
            method = given.get("method", "get").upper()
            self.forms.append({"action": action, "method": method, "hidden": {}, "names": set()})
        elif tag in ("input", "button") and self.forms and "name" in given:
            self.forms[-1]["names"].add(given["name"])
            if given.get("type") == "hidden":
                self.forms[-1]["hidden"][given["name"]] = given.get("value", "")
