"""A signed-in person proves anew that it is them (accounts.confirmation)."""

from django.db import transaction
from django.utils import timezone

from accounts.authentication import PASSWORD
from accounts.models import Session, User
from ncconnect import audit, ratelimit


class WrongPassword(Exception):
    """Not the password."""


class SessionOver(Exception):
    """The session has ended since the page was shown."""


class TooManyTries(Exception):
    """Wrong too often, in this session or in all of this account."""

    def __init__(self, retry_after: int):
        super().__init__()
        self.retry_after = retry_after


def confirm(user: User, *, password: str, session: Session) -> None:
    """Note in this session, and in no other, that its person was there now.

    The hash takes its time: a password that was changed meanwhile proves nothing any more.
    Raises WrongPassword, TooManyTries, PersonChanged, SessionOver, TooManyHashes.
    """
    counters = (("confirmation", user.pk, session.pk), ("confirmation_account", user.pk))
    wait = max(ratelimit.hit(*counter).retry_after for counter in counters)
    if wait:
        raise TooManyTries(wait)
    if not user.check_password(password):
        audit.record("confirmation_refused", user=user, session=str(session.pk))
        raise WrongPassword
    with transaction.atomic():
        User.objects.keep(user)
        _note(session)
        audit.record("confirmed", user=user, session=str(session.pk), method=PASSWORD)
    ratelimit.reset_all(*counters)  # a right answer was no failure


def _note(session: Session) -> None:
    now = timezone.now()
    if not Session.objects.alive().filter(pk=session.pk).update(confirmed_at=now):
        raise SessionOver
    session.confirmed_at = now
