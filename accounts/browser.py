"""What this browser remembers, in sealed cookies: no row is written for a visitor.

``inscription``: the attempts to sign up that were made or proved here, so that their links activate
at once.
``lien``: the tokens of mailed links, moved out of the address bar.
``appareil``: who has signed in here, so that a stranger's failures elsewhere do not slow them.

A cookie tells whose browser this is; it never decides what a form is about (accounts.about).
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from ncconnect.sealed import Seal, Unreadable

PREFIX = "__Host-" if settings.HTTPS else ""
ATTEMPT = f"{PREFIX}inscription"
LINK = f"{PREFIX}lien"
DEVICE = f"{PREFIX}appareil"

SEALS = {
    ATTEMPT: Seal("accounts.browser.attempts", version=1, age=settings.ATTEMPT_TIME),
    LINK: Seal("accounts.browser.links", version=1, age=settings.LINK_COOKIE_TIME),
    DEVICE: Seal("accounts.browser.people", version=1, age=settings.KNOWN_DEVICE_TIME),
}
KEPT = 5  # of each: a family or a town hall shares a browser


def remember_attempt(response: HttpResponse, request: HttpRequest, attempt: UUID) -> None:
    """This browser made the attempt, or gave its password."""
    _add(response, request, ATTEMPT, attempt.hex)


def keep_attempt(response: HttpResponse, request: HttpRequest, attempt: UUID) -> None:
    """Its mail is sent again: the browser that knows it goes on knowing it, no other learns it."""
    if attempt in attempts(request):
        remember_attempt(response, request, attempt)


def attempts(request: HttpRequest) -> list[UUID]:
    """The attempts of this browser, the newest first."""
    return [UUID(key) for key in _read(request, ATTEMPT)]


def forget_attempt(response: HttpResponse, request: HttpRequest, attempt: UUID) -> None:
    _remove(response, request, ATTEMPT, attempt.hex)


def remember_link(response: HttpResponse, request: HttpRequest, token: str) -> None:
    _add(response, request, LINK, token)


def link(request: HttpRequest, name: str = "") -> str:
    """The token of this name that a mailed link brought here; the newest one without a name.

    Empty when there is none.
    """
    return next((t for t in _read(request, LINK) if name in ("", link_name(t))), "")


def link_name(token: str) -> str:
    """What a page's address says of its link, so that two tabs are about two links.

    It opens nothing: the token stays in the cookie.
    """
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def forget_link(response: HttpResponse, request: HttpRequest, token: str) -> None:
    _remove(response, request, LINK, token)


def remember_device(response: HttpResponse, request: HttpRequest, user: User) -> None:
    """Write down that this person signed in here; a few people can share a browser."""
    _add(response, request, DEVICE, _mark(user.email))


def device(request: HttpRequest, email: str) -> str:
    """The name of this browser for this address's counters; empty when it is not known here."""
    if _mark(email) not in _read(request, DEVICE):
        return ""
    return hashlib.sha256(request.COOKIES[DEVICE].encode()).hexdigest()[:16]


def _mark(email: str) -> str:
    """Short: a cookie holds several, and nobody reads them."""
    return hashlib.sha256(email.encode()).hexdigest()[:16]


def _add(response: HttpResponse, request: HttpRequest, name: str, value: str) -> None:
    others = [other for other in _read(request, name) if other != value]
    _write(response, name, [value, *others][:KEPT])


def _remove(response: HttpResponse, request: HttpRequest, name: str, value: str) -> None:
    """Only this one: those of another tab go on."""
    if others := [other for other in _read(request, name) if other != value]:
        _write(response, name, others)
    else:
        response.delete_cookie(name, samesite="Lax")


def _write(response: HttpResponse, name: str, values: Sequence[str]) -> None:
    seal = SEALS[name]
    response.set_cookie(
        name,
        seal.close(list(values)),
        max_age=int(seal.age.total_seconds()),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest, name: str) -> list[str]:
    """What the cookie holds; nothing when it is absent, altered or too old."""
    try:
        return SEALS[name].open(request.COOKIES.get(name, ""))
    except Unreadable:
        return []
