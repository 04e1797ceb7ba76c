"""One-time links: made when a mail is rendered, never kept.

A token is the row's random key (122 bits) and a 128-bit MAC over the row's purpose, key and
address. So a mail that is rendered again carries the same link, nothing readable lies in the
database, and a forged or altered token is refused before any look-up.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts.models import OneTimeLink, User

SALT = b"accounts.links"
MAC_BYTES = 16
TOKEN_BYTES = 16 + MAC_BYTES


class LinkError(Exception):
    """The link cannot be used. ``link`` is its row, when there is one."""

    def __init__(self, link: OneTimeLink | None = None):
        super().__init__()
        self.link = link


class LinkBroken(LinkError):
    """Not a token of ours: cut, altered or made up."""


class LinkExpired(LinkError):
    """Too old."""


class LinkUsed(LinkError):
    """It has done its work already."""


class LinkSuperseded(LinkError):
    """A newer link was sent, or the address or the password has changed since."""


def issue(
    *, user: User, purpose: OneTimeLink.Purpose, lifetime: timedelta, **fields
) -> OneTimeLink:
    """A new link of this person. ``fields`` are further columns of OneTimeLink."""
    expires_at = timezone.now() + lifetime
    return OneTimeLink.objects.create(
        user=user, purpose=purpose, email=user.email, expires_at=expires_at, **fields
    )


def supersede(*, user: User, **conditions) -> None:
    """End the pending links of this person: all of them, or those that meet ``conditions``."""
    pending = OneTimeLink.objects.filter(user=user, used_at=None, superseded_at=None, **conditions)
    pending.update(superseded_at=timezone.now())


def token(link: OneTimeLink) -> str:
    """What stands in the mailed address; 43 characters of [A-Za-z0-9_-]."""
    return _token(settings.SECRET_KEY, link)


def find(value: str, *, purpose: OneTimeLink.Purpose) -> OneTimeLink:
    """The live link behind a token.

    Raises LinkBroken, LinkUsed, LinkSuperseded or LinkExpired.
    """
    link = (
        OneTimeLink.objects.select_related("user").filter(pk=_key(value), purpose=purpose).first()
    )
    if link is None or not _genuine(link, value):
        raise LinkBroken
    if link.used_at:
        raise LinkUsed(link)
    if link.superseded_at or link.email != link.user.email:
        raise LinkSuperseded(link)
    if link.expires_at <= timezone.now():
        raise LinkExpired(link)
    return link


def consume(link: OneTimeLink) -> None:
    """Use the link up. Of any number of parallel uses, one succeeds; the others raise LinkUsed."""
    now = timezone.now()
    alive = Q(used_at=None, superseded_at=None, expires_at__gt=now)
    if not OneTimeLink.objects.filter(alive, pk=link.pk).update(used_at=now):
        raise LinkUsed(link)


def _key(value: str) -> UUID:
    """The row's key in a token. Raises LinkBroken when it is no token at all."""
    try:
        raw = base64.b64decode(value + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise LinkBroken from None
    if len(raw) != TOKEN_BYTES:
        raise LinkBroken
    return UUID(bytes=raw[: TOKEN_BYTES - MAC_BYTES])


def _genuine(link: OneTimeLink, value: str) -> bool:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(hmac.compare_digest(value, _token(key, link)) for key in keys)


def _token(key: str, link: OneTimeLink) -> str:
    message = b"\0".join((SALT, link.id.bytes, link.purpose.encode(), link.email.encode()))
    mac = hmac.digest(key.encode(), message, hashlib.sha256)[:MAC_BYTES]
    return base64.urlsafe_b64encode(link.id.bytes + mac).decode().rstrip("=")
