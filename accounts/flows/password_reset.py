"""A forgotten password: the mailed link, then a new password.

The link is asked for in accounts.flows.reset_request.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import emails, links
from accounts.flows import activation, credentials
from accounts.models import OneTimeLink, TermsAcceptance, User
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

    Raises LinkUsed when another use of the link came first, LinkSuperseded, TooManyHashes.
    """
    new = credentials.encoded(password)
    with transaction.atomic():
        user = User.objects.locked(pk=link.user_id, is_active=True)
        if user is None:
            raise links.LinkSuperseded(link)
        links.consume(link)
        credentials.replace(user, new)
        if not user.is_activated and accepts_terms:
            _open(user)
        audit.record("password_reset", user=user)
        credentials.end_all(user, reason="password_changed")
        emails.password_changed(user=user, language=language)
    ratelimit.reset("sign_in_account", user.email)


def _open(user: User) -> None:
    """A waiting account, by its owner's mailbox; the attempts to sign up on it end."""
    user.activated_at = timezone.now()
    user.save(update_fields=["activated_at"])
    activation.end_attempts(user)
    TermsAcceptance.objects.create(user=user, version=settings.TERMS_VERSION)
    audit.record("account_activated", user=user)


def is_repeat(link: OneTimeLink, password: str) -> bool:
    """Is this the form that used the link up, sent a second time? Then all of it is done.

    Only while that is just done, and counted: whoever keeps a used link tries no passwords by it.
    """
    just_used = link.used_at and timezone.now() - link.used_at < JUST_NOW
    if not just_used or not ratelimit.hit("activation_password", link.id).allowed:
        return False
    return link.user.check_password(password)
