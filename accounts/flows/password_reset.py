"""A forgotten password: the mailed link, a new password, and what the old one opened ends.

The link is asked for in accounts.flows.reset_request.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import emails, links
from accounts.flows import sessions
from accounts.models import OneTimeLink, Session, TermsAcceptance, User
from accounts.signals import credentials_revoked
from ncconnect import audit, ratelimit

JUST_NOW = timedelta(minutes=10)  # a form that is sent again is sent again soon
RESET = OneTimeLink.Purpose.PASSWORD_RESET


def find(token: str) -> OneTimeLink:
    """The live reset link behind a token. Raises a LinkError that says what is wrong with it."""
    link = links.find(token, purpose=RESET)
    if not link.user.is_active:
        raise links.LinkSuperseded(link)
    return link


def reset(
    link: OneTimeLink, *, password: str, accepts_terms: bool = False, language: str = ""
) -> None:
    """Give the account a new password. The mailbox is proved: a waiting account opens by it too,
    when its owner accepts the terms.

    Raises LinkUsed when another use of the link came first, TooManyHashes.
    """
    user = link.user
    user.set_password(password)
    with transaction.atomic():
        links.consume(link)
        if not user.is_activated and accepts_terms:
            user.activated_at = timezone.now()
            TermsAcceptance.objects.create(user=user, version=settings.TERMS_VERSION)
            audit.record("account_activated", user=user)
        user.save(update_fields=["password", "password_changed_at", "activated_at"])
        audit.record("password_reset", user=user)
        end_what_the_old_password_opened(user, language=language)
    ratelimit.reset("sign_in_account", user.email)


def is_repeat(link: OneTimeLink, password: str) -> bool:
    """Is this the form that used the link up, sent a second time? Then all of it is done.

    Only while that is just done, and counted: whoever keeps a used link tries no passwords by it.
    """
    just_used = link.used_at and timezone.now() - link.used_at < JUST_NOW
    if not just_used or not ratelimit.hit("activation_password", link.id).allowed:
        return False
    return link.user.check_password(password)


def is_changed_already(user: User, password: str) -> bool:
    """Is the form that has just changed the password sent a second time?"""
    just_changed = timezone.now() - user.password_changed_at < JUST_NOW
    return just_changed and user.check_password(password)


def change(user: User, *, password: str, current: Session, language: str = "") -> None:
    """Give a signed-in person a new password; their other sessions end. Raises TooManyHashes."""
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password", "password_changed_at"])
        audit.record("password_changed", user=user)
        end_what_the_old_password_opened(user, keep=current, language=language)


def end_what_the_old_password_opened(
    user: User, keep: Session | None = None, language: str = ""
) -> None:
    """Links, other sessions and tokens die with a password, and the owner is told by mail."""
    links.supersede(user=user)
    sessions.end_all(user, reason="password_changed", keep=keep)
    credentials_revoked.send(sender=User, user=user)
    emails.password_changed(user=user, language=language)
