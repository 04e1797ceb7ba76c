"""A signed-in person chooses another password."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts import emails
from accounts.flows import credentials
from accounts.models import Session, User
from ncconnect import audit, ratelimit

JUST_NOW = timedelta(minutes=10)  # a form that is sent again is sent again soon


class WrongPassword(Exception):
    """Not the current password."""


class TooManyTries(Exception):
    """The current password was wrong too often."""

    def __init__(self, retry_after: int):
        super().__init__()
        self.retry_after = retry_after


class ChangedMeanwhile(Exception):
    """The account has another password by now, or was closed."""


class ChangedAlready(Exception):
    """The form that has just changed the password was sent a second time."""


def change(
    user: User, *, current: str, password: str, session: Session | None, language: str = ""
) -> User:
    """Give the person a new password; their sessions end but this one. Returns the account anew.

    Whoever chose a password through the mailbox in the meantime keeps theirs: a thief who is about
    to change it is too late.

    Raises WrongPassword, TooManyTries, ChangedMeanwhile, ChangedAlready, TooManyHashes.
    """
    _check_current(user, current, password)
    new = credentials.encoded(password)
    with transaction.atomic():
        held = User.objects.locked(
            pk=user.pk, is_active=True, password_changed_at=user.password_changed_at
        )
        if held is None:
            raise ChangedMeanwhile
        credentials.replace(held, new)
        audit.record("password_changed", user=held)
        credentials.end_all(held, reason="password_changed", keep=session)
        emails.password_changed(user=held, language=language)
    return held


def _check_current(user: User, current: str, password: str) -> None:
    """Counted before it is hashed; a right one is no failure, and forgets those before it."""
    verdict = ratelimit.hit("current_password", user.pk)
    if not verdict.allowed:
        raise TooManyTries(verdict.retry_after)
    if not user.check_password(current):
        if timezone.now() - user.password_changed_at < JUST_NOW and user.check_password(password):
            raise ChangedAlready
        audit.record("password_change_refused", user=user)
        raise WrongPassword
    ratelimit.reset("current_password", user.pk)
