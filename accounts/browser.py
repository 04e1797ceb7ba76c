"""What this browser remembers, in cookies that nobody else writes: no row is made for a visitor.

``inscription``: the attempts to sign up that were made or proved here, so that their links activate
at once.
``lien``: the tokens of mailed links, moved out of the address bar.
``appareil``: a handle of each of those who have signed in here (accounts.devices.known), so that a
stranger's failures elsewhere do not slow them.

A cookie tells whose browser this is; it never decides what a form is about (accounts.about).
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.devices.known import Here
from ncconnect.handles import Handle
from ncconnect.sealed import Seal, Unreadable

PREFIX = "__Host-" if settings.HTTPS else ""
ATTEMPT = f"{PREFIX}inscription"
LINK = f"{PREFIX}lien"
DEVICE = f"{PREFIX}appareil"

SEALS = {
    ATTEMPT: Seal("accounts.browser.attempts", version=1, age=settings.ATTEMPT_TIME),
    LINK: Seal("accounts.browser.links", version=1, age=settings.LINK_COOKIE_TIME),
    # Of the release before handles: each becomes a row when its person signs in. The next release
    # reads none any more.
    DEVICE: Seal("accounts.browser.people", version=1, age=settings.KNOWN_DEVICE_TIME),
}
KEPT = 5  # of each: a family or a town hall shares a browser
BETWEEN = "."  # handles, which have none, nor have sealed values


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


def remember_device(response: HttpResponse, request: HttpRequest, here: Here, email: str) -> None:
    """Write down that this person signed in here, or did again; a few people can share a browser.

    The handle takes the place of the mark that this address had.
    """
    others = [text for text in _handles(request) if Handle.read(text).id != here.device.pk]
    marks = [mark for mark in _marks(request) if mark != _mark(email)]
    kept = [SEALS[DEVICE].close(marks)] if marks else []
    _set(response, DEVICE, BETWEEN.join([*[here.handle, *others][:KEPT], *kept]))


def devices(request: HttpRequest) -> list[Handle]:
    """What this browser names devices by; whose they are, their rows know."""
    return [Handle.read(text) for text in _handles(request)]


def handle_of(request: HttpRequest, device: UUID) -> str:
    """The one that names this device, which was found by it."""
    return next(text for text in _handles(request) if Handle.read(text).id == device)


def device(request: HttpRequest, email: str) -> str:
    """The name of this browser for this address's counters, by a mark; empty when it has none."""
    if _mark(email) not in _marks(request):
        return ""
    return hashlib.sha256(request.COOKIES[DEVICE].encode()).hexdigest()[:16]


def _handles(request: HttpRequest) -> list[str]:
    parts = request.COOKIES.get(DEVICE, "").split(BETWEEN)
    return [part for part in parts if Handle.read(part)][:KEPT]


def _marks(request: HttpRequest) -> list[str]:
    return _opened(DEVICE, request.COOKIES.get(DEVICE, "").rpartition(BETWEEN)[2])


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
    _set(response, name, SEALS[name].close(list(values)))


def _set(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(SEALS[name].age.total_seconds()),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest, name: str) -> list[str]:
    """What the cookie holds; nothing when it is absent, altered or too old."""
    return _opened(name, request.COOKIES.get(name, ""))


def _opened(name: str, text: str) -> list[str]:
    try:
        return SEALS[name].open(text)
    except Unreadable:
        return []
