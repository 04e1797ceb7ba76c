"""Who a test is shown to: the browser, as its CSRF cookie knows it. No session is made for it."""

import hashlib

from django.http import HttpRequest
from django.middleware.csrf import get_token

_COOKIE_SECRET = "CSRF_COOKIE"  # where Django's middleware leaves the cookie's secret


def visitor(request: HttpRequest) -> str:
    """The digest of the browser's CSRF secret, which gets the cookie if it has none."""
    get_token(request)
    return _digest(request)


def known_visitor(request: HttpRequest) -> str | None:
    """The same, or None for a browser that sends no cookie: nothing was ever shown to it."""
    return _digest(request) if request.META.get(_COOKIE_SECRET) else None


def _digest(request: HttpRequest) -> str:
    return hashlib.sha256(f"captcha visitor|{request.META[_COOKIE_SECRET]}".encode()).hexdigest()
