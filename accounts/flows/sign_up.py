"""Signing up: the same answer, the same work and the same time for every address.

A new address becomes an account that is not activated yet, and its owner gets a link. A known one
changes nothing, and its owner gets a mail that says so.

Anybody may sign up on anybody's address: each attempt has a password and a link of its own, and
changes nothing of the account or of the other attempts. The account has no password before it is
activated, but what an operator gave it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import emails, links, mail_pace
from accounts.email_identity import canonical, mailbox
from accounts.flows import credentials
from accounts.models import OneTimeLink, User
from ncconnect import audit, ratelimit

ACTIVATION = OneTimeLink.Purpose.ACTIVATION


class TooManyMails(Exception):
    """Mails enough went to this address for now, whoever asked for them."""

    def __init__(self, retry_after: int):
        super().__init__()
        self.retry_after = retry_after


def hashed(password: str) -> str:
    """The password as it will be kept. Computed for every address: a known one takes as long.

    Raises TooManyHashes, before anything has happened.
    """
    return credentials.encoded(password)


def sign_up(
    *,
    email: str,
    password: str,
    language: str,
    return_to: str,
    attempt: UUID,
    network: str | None,
    previous: Sequence[UUID] = (),
) -> datetime:
    """Ask for an account; when its mail leaves, which is now but for a crowded network.

    ``password`` is hashed already. ``attempt`` is random; the browser keeps it, to activate at
    once. ``network``: whose pace the mail keeps, if any. ``previous`` are this browser's earlier
    attempts: their links to this address end.

    Raises InvalidEmail, TooManyMails: an attempt whose mail cannot leave is not made.
    """
    email = canonical(email)
    mail = ratelimit.hit("sign_up_mail", mailbox(email))
    if not mail.allowed:
        raise TooManyMails(mail.retry_after)
    at = mail_pace.next_moment(network) if network is not None else timezone.now()
    with transaction.atomic():
        user, created = _account(email, language)
        if previous:
            links.supersede(user=user, purpose=ACTIVATION, attempt__in=previous)
        known = not _waits(user)
        link = _issue(
            user,
            at,
            attempt=attempt,
            password="" if known else password,
            terms_version=settings.TERMS_VERSION,
            return_to=return_to,
        )
        way = {"at": at, "language": language}
        if known:
            audit.record("sign_up_known_address", user=user)
            emails.already_registered(user=user, return_to=return_to, **way)
        else:
            audit.record("sign_up", user=user, new=created)
            emails.activation(user=user, link=link, **way)
    return at


def _waits(user: User) -> bool:
    """Whether the account can be activated."""
    return user.is_active and not user.is_activated


def _issue(user: User, at: datetime, **fields) -> OneTimeLink:
    """The link of an attempt, whose mail leaves at this time.

    One on a known address is written too, ended and without a password: it is of no use, and what
    it costs is what a new address costs.
    """
    now = timezone.now()
    return links.issue(
        user=user,
        purpose=ACTIVATION,
        lifetime=settings.ACTIVATION_LINK_TIME + (at - now),
        superseded_at=None if _waits(user) else now,
        **fields,
    )


def _account(email: str, language: str) -> tuple[User, bool]:
    """The account of this address, locked; made if need be. The unique constraint settles races.

    Between the two steps the purge may remove one that nobody opened: then it is made anew.
    """
    new = User(email=email, language=language)
    new.set_unusable_password()
    while True:
        User.objects.bulk_create([new], ignore_conflicts=True)
        if user := User.objects.locked(email=email):
            return user, user.pk == new.pk


def resend(
    *, email: str, attempt: UUID, network: str, return_to: str = "", language: str = ""
) -> int:
    """Send the mail of this attempt again, with a new link.

    Returns 0, or the seconds to wait when a limit holds the mail back. Whether the address has an
    account changes nothing that the asker can see.
    """
    email = canonical(email)
    wait = resend_wait(email=email)
    if not wait:
        hits = (
            ("resend_pause", mailbox(email)),
            ("resend_day", mailbox(email)),
            ("resend_network", network),
        )
        wait = max(ratelimit.hit(*hit).retry_after for hit in hits)
    if wait:
        return wait
    at = mail_pace.next_moment(network)
    with transaction.atomic():
        user = User.objects.locked(email=email)
        if user is None:
            return 0
        link = renewed(user=user, attempt=attempt, at=at)
        if not _waits(user):
            emails.already_registered(user=user, return_to=return_to, at=at, language=language)
        elif link:
            emails.activation(user=user, link=link, at=at, language=language)
    return 0


def resend_wait(*, email: str) -> int:
    """Seconds until the mail can be sent to this address again; 0 when it can now."""
    return max(
        ratelimit.peek(name, mailbox(email)).retry_after for name in ("resend_pause", "resend_day")
    )


def renewed(*, user: User, attempt: UUID, at: datetime) -> OneTimeLink | None:
    """A new link for an attempt, whose mail leaves ``at``; its earlier ones end.

    None when the attempt is unknown.
    """
    last = (
        OneTimeLink.objects.filter(user=user, purpose=ACTIVATION, attempt=attempt)
        .order_by("-created_at")
        .first()
    )
    if last is None:
        return None
    links.supersede(user=user, purpose=ACTIVATION, attempt=attempt)
    return _issue(
        user,
        at,
        attempt=attempt,
        password=last.password,
        terms_version=last.terms_version,
        return_to=last.return_to,
    )


def password_to_compare(user: User, own: Sequence[UUID]) -> str:
    """The hash that a password typed for this waiting account is compared with.

    Empty if there is none. One comparison costs enough: that of the attempt of this browser
    (``own``), else the operator's, else that of the newest attempt.
    """
    attempts = user.links.filter(purpose=ACTIVATION).exclude(password="").order_by("-created_at")
    hashes = attempts.values_list("password", flat=True)
    if mine := own and hashes.filter(attempt__in=own).first():
        return mine
    return user.password if user.has_usable_password() else hashes.first() or ""


def attempt_of(user: User, password: str) -> OneTimeLink | None:
    """The newest link of the attempt that has this hash: whoever typed its password made it."""
    links_of_it = user.links.filter(purpose=ACTIVATION, password=password)
    return links_of_it.order_by("-created_at").first()
