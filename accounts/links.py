"""One-time links: made when a mail is rendered, never kept.

A token is the row's key, sealed for the row's purpose (ncconnect.sealed). So a mail that is
rendered again carries the same link, nothing readable lies in the database, and a forged or altered
token is refused before any look-up.
"""

import re
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import OneTimeLink, User
from ncconnect import audit, mail
from ncconnect.sealed import KeySeal, Unreadable

TOKEN = KeySeal("accounts.link", version=1)
OF_THE_DAY = settings.MAIL_TIME
INVITATION = KeySeal("accounts.invitation", version=1)  # of accounts.flows.invitation
# They speak to the owner of the account's address: another address has another owner.
TO_THE_ADDRESS = (OneTimeLink.Purpose.ACTIVATION, OneTimeLink.Purpose.PASSWORD_RESET)


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


def of_request(key: UUID, *, email: str, asked_at: datetime, return_to: str) -> OneTimeLink:
    """The link of a request for a new password, made when its mail is rendered; then the same.

    Earlier ones stay: all of them are in the one mailbox, and a stranger's request takes none of
    its owner's away. The first that is used ends them all. Raises NobodyToWriteTo: there is no such
    account, it is suspended, its password has changed since, or the request is of another day.
    """
    now = timezone.now()
    with transaction.atomic():
        user = User.objects.locked(email=email, is_active=True)
        if user is None or user.password_changed_at > asked_at or now - asked_at > OF_THE_DAY:
            raise mail.NobodyToWriteTo
        if link := OneTimeLink.objects.filter(pk=key).first():
            return link
        audit.record("password_reset_requested", user=user)
        return issue(
            id=key,
            user=user,
            purpose=OneTimeLink.Purpose.PASSWORD_RESET,
            lifetime=settings.PASSWORD_RESET_LINK_TIME,
            return_to=return_to,
        )


def renew(key: UUID, *, lifetime: timedelta) -> None:
    """The mail of a link leaves now, at its first try or later: its life begins.

    A link has no row before its first mail is rendered, if it was asked for by a request; nothing
    is done then. Raises NobodyToWriteTo when it was used, or when another ended it: the mail would
    carry a dead link.
    """
    with transaction.atomic():
        link = OneTimeLink.objects.filter(pk=key).first()
        if link is None:
            return
        person = User.objects.locked(pk=link.user_id)
        pending = OneTimeLink.objects.filter(pk=key, used_at=None, superseded_at=None)
        if person is None or not pending.update(expires_at=timezone.now() + lifetime):
            raise mail.NobodyToWriteTo


def supersede(*, user: User, **conditions) -> None:
    """End the pending links of this person: all of them, or those that meet ``conditions``."""
    pending = OneTimeLink.objects.filter(user=user, used_at=None, superseded_at=None, **conditions)
    pending.update(superseded_at=timezone.now())


def token(link: OneTimeLink) -> str:
    """What stands in the mailed address; 43 characters of [A-Za-z0-9_-]."""
    return TOKEN.close(link.pk, audience=link.purpose)


def letters_of(text: str) -> str:
    """The token at the beginning of ``text``: what it is written with stops where others begin."""
    return re.match(r"[A-Za-z0-9_-]*", text)[0]


def find(value: str, *, purpose: OneTimeLink.Purpose) -> OneTimeLink:
    """The live link behind a token.

    Raises LinkBroken, LinkUsed, LinkSuperseded or LinkExpired.
    """
    try:
        key = TOKEN.open(value, audience=purpose)
    except Unreadable:
        raise LinkBroken from None
    link = OneTimeLink.objects.select_related("user").filter(pk=key, purpose=purpose).first()
    if link is None:
        raise LinkBroken
    if link.used_at:
        raise LinkUsed(link)
    if link.superseded_at or _went_elsewhere(link):
        raise LinkSuperseded(link)
    if link.expires_at <= timezone.now():
        raise LinkExpired(link)
    return link


def alive(links: QuerySet | None = None) -> QuerySet:
    """The links that can be used now."""
    links = OneTimeLink.objects.all() if links is None else links
    return links.filter(used_at=None, superseded_at=None, expires_at__gt=timezone.now())


def consume(link: OneTimeLink) -> None:
    """Use the link up. Of any number of parallel uses, one succeeds; the others raise LinkUsed.

    The caller holds the lock of the link's person: what else happens to them waits.
    """
    if not alive().filter(pk=link.pk).update(used_at=timezone.now()):
        raise LinkUsed(link)


def _went_elsewhere(link: OneTimeLink) -> bool:
    return link.purpose in TO_THE_ADDRESS and link.email != link.user.email
