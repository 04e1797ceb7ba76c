"""A client that speaks HTTPS, whose answers are read as those of Django's test client are."""

from pathlib import Path

import requests


class Answer:
    """An HTTP answer."""

    def __init__(self, answer: requests.Response):
        self.status_code = answer.status_code
        self.content = answer.content
        self.headers = answer.headers
        self.json = answer.json

    def get(self, name: str, default: str = "") -> str:
        return self.headers.get(name, default)

    def __getitem__(self, name: str) -> str:
        return self.headers[name]


class Https:
    """A client with a cookie jar that trusts one authority. Redirects are the caller's."""

    def __init__(self, ca: Path):
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(ca)

    def get(self, address: str, data: dict | None = None, headers: dict | None = None) -> Answer:
        return self._sends("GET", address, params=data, headers=headers)

    def post(self, address: str, data: dict | None = None, headers: dict | None = None) -> Answer:
        return self._sends("POST", address, data=data, headers=headers)

    def _sends(self, method: str, address: str, **parts) -> Answer:
        sent = self.session.request(method, address, allow_redirects=False, timeout=30, **parts)
        return Answer(sent)
