"""Django's test client, stricter: every page that any test sees obeys our Content Security Policy,
no form is taken without the token of a page, and what waits for the end of a transaction happens,
as it would outside a test."""

import html
import re
from html.parser import HTMLParser

from django.db import connection
from django.test import Client, TestCase

from accounts import return_to


class InlineCode(AssertionError):
    """A page holds a script, a style or a handler that the browser would refuse."""


# Pages without a trace of these need no closer look: most have none.
_SUSPECT = re.compile(
    r"<script|<style|\bstyle\s*=|\bon\w+\s*=|javascript|&colon;|href\s*=\s*.?[^\"'>\s]*&#",
    re.IGNORECASE,
)


# The sign-in form that a partner's request is answered with: only there it has an address.
_PREPARED = re.compile(r'id="login" action="[^"]+".*?name="next" value="([^"]*)"', re.DOTALL)


class _Inspector(HTMLParser):
    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        if tag == "script" and "src" not in names:
            raise InlineCode("inline <script>")
        if tag == "style" or "style" in names:
            raise InlineCode(f"inline style in <{tag}>")
        for name in names:
            if name.startswith("on"):
                raise InlineCode(f"handler {name} in <{tag}>")
        if names.get("href", "").lower().startswith("javascript:"):
            raise InlineCode("javascript: address")


class StrictClient(Client):
    """``Client`` that inspects each HTML page, enforces CSRF and runs on_commit callbacks."""

    def __init__(self, *arguments, enforce_csrf_checks: bool = True, **defaults):
        super().__init__(*arguments, enforce_csrf_checks=enforce_csrf_checks, **defaults)

    def request(self, **request):
        if connection.in_atomic_block:
            with TestCase.captureOnCommitCallbacks(execute=True):
                response = super().request(**request)
        else:
            response = super().request(**request)
        if response.get("Content-Type", "").startswith("text/html") and not response.streaming:
            self._inspect(response)
            self._read_prepared(response)
        return response

    def _read_prepared(self, response) -> None:
        """What a page that was rendered ahead (ncconnect.prepared) was given is read from it."""
        if found := _PREPARED.search(response.content.decode()):
            way = html.unescape(found[1])
            response.context = {"next": way, "destination": return_to.destination(way)}

    def _inspect(self, response) -> None:
        policy = response.get("Content-Security-Policy", "")
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert response["X-Content-Type-Options"] == "nosniff"
        if "nonce-" not in policy and "sha256-" not in policy:
            page = response.content.decode()
            if _SUSPECT.search(page):
                _Inspector().feed(page)
