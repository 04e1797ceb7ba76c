"""What a page is about, sealed, as it travels with its form and its address.

Two tabs of one browser are two pages: a form acts on the attempt, the link or the person that it
was shown for, or it refuses. A cookie holds one thing for all tabs; it never says what a form
means.
"""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from accounts import browser
from accounts.models import User
from ncconnect.sealed import Seal, Unreadable

# Fields of forms and parameters of addresses.
ATTEMPT, LINK, PERSON, ADDRESS = "essai", "lien", "compte", "adresse"

_ATTEMPT = Seal("accounts.attempt", version=2, age=settings.ATTEMPT_TIME)
_ADDRESS = Seal("accounts.address", version=1, age=settings.ACTIVATION_LINK_TIME)
_PERSON = Seal("accounts.person", version=1, age=settings.SESSION_ABSOLUTE_TIME)


@dataclass(frozen=True)
class Attempt:
    """An attempt to sign up: its key, and the address that was typed in it.

    It is nobody's proof: whoever reads it in an address may have the mail sent again, no more.
    """

    id: UUID
    email: str
    mail_at: int = 0  # when its mail leaves, in seconds since 1970; 0: it has left

    def sealed(self) -> str:
        return _ATTEMPT.close([self.id.hex, self.email, self.mail_at])


def attempt(request: HttpRequest) -> Attempt | None:
    """The attempt that this page or its form is about; None when it names none."""
    try:
        key, email, mail_at = _ATTEMPT.open(_carried(request, ATTEMPT))
    except Unreadable:
        return None
    return Attempt(UUID(key), email, mail_at)


def link(request: HttpRequest) -> str:
    """The token of the mailed link that this page or its form is about; empty when there is none.

    A form carries the token itself. An address only names it: the token stays in the cookie.
    """
    named = _carried(request, LINK)
    return named if request.method == "POST" else browser.link(request, named)


def with_address(url: str, email: str) -> str:
    """``url`` of a page that speaks of this address, which no log and no history shows."""
    if not email:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode({ADDRESS: _ADDRESS.close(email)})}"


def address(request: HttpRequest) -> str:
    """The address that this page speaks of, or that was typed on the page before; else empty."""
    try:
        return _ADDRESS.open(request.GET.get(ADDRESS, ""))
    except Unreadable:
        return ""


def sealed_person(user: User) -> str:
    """What the form of a page about this person carries."""
    return _PERSON.close(user.pk.hex)


def is_about(request: HttpRequest, user: User) -> bool:
    """Was this form shown to this person?"""
    return person(request) == user.pk


def person(request: HttpRequest) -> UUID | None:
    """The key of whom this form was shown to; None when it does not say. It proves nobody."""
    try:
        return UUID(_PERSON.open(_carried(request, PERSON)))
    except Unreadable:
        return None


def _carried(request: HttpRequest, name: str) -> str:
    data = request.POST if request.method == "POST" else request.GET
    return data.get(name, "")
