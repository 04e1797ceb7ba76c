"""What this browser remembers, in signed cookies: no row is written for a visitor.

``inscription``: the attempt to sign up made here, so that its link activates at once.
``lien``: the token of a mailed link, moved out of the address bar.
``appareil``: who has signed in here, so that a stranger's failures elsewhere do not slow them.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User

PREFIX = "__Host-" if settings.HTTPS else ""
ATTEMPT = f"{PREFIX}inscription"
LINK = f"{PREFIX}lien"
DEVICE = f"{PREFIX}appareil"

ATTEMPT_TIME = settings.ACTIVATION_LINK_TIME
LINK_TIME = timedelta(hours=1)
DEVICE_TIME = timedelta(days=180)


@dataclass(frozen=True)
class Attempt:
    """An attempt to sign up, made in this browser."""

    id: UUID
    email: str
    return_to: str


def remember_attempt(response: HttpResponse, attempt: Attempt) -> None:
    value = [str(attempt.id), attempt.email, attempt.return_to]
    _write(response, ATTEMPT, value, ATTEMPT_TIME)


def attempt(request: HttpRequest) -> Attempt | None:
    value = _read(request, ATTEMPT, ATTEMPT_TIME)
    return Attempt(UUID(value[0]), value[1], value[2]) if value else None


def remember_link(response: HttpResponse, token: str) -> None:
    _write(response, LINK, token, LINK_TIME)


def link(request: HttpRequest) -> str:
    """The token that a mailed link brought here; empty when there is none."""
    return _read(request, LINK, LINK_TIME) or ""


def remember_device(response: HttpResponse, request: HttpRequest, user: User) -> None:
    """Write down that this person signed in here; a few people can share a browser."""
    known = _read(request, DEVICE, DEVICE_TIME) or []
    mark = _mark(user.email)
    _write(response, DEVICE, [mark, *(m for m in known if m != mark)][:5], DEVICE_TIME)


def device(request: HttpRequest, email: str) -> str:
    """The name of this browser for this address's counters; empty when it is not known here."""
    marks = _read(request, DEVICE, DEVICE_TIME) or []
    mark = _mark(email)
    if mark not in marks:
        return ""
    return hashlib.sha256(request.COOKIES[DEVICE].encode()).hexdigest()[:16]


def forget(response: HttpResponse, *names: str) -> None:
    for name in names:
        response.delete_cookie(name, samesite="Lax")


def _mark(email: str) -> str:
    return signing.Signer(salt=DEVICE).signature(email)[:16]


def _write(response: HttpResponse, name: str, value, lifetime: timedelta) -> None:
    response.set_cookie(
        name,
        signing.dumps(value, salt=name, compress=True),
        max_age=int(lifetime.total_seconds()),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest, name: str, lifetime: timedelta):
    """The cookie's value; None when it is absent, altered or too old."""
    try:
        return signing.loads(request.COOKIES.get(name, ""), salt=name, max_age=lifetime)
    except signing.BadSignature:
        return None
