"""What this floor deletes once its time is over, a batch at a time (ncconnect.purge)."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.captcha.models import CaptchaChallenge
from accounts.models import OneTimeLink, Session, User
from ncconnect import audit, purge

# Until then an ended link explains itself to whoever follows it.
ENDED_LINK_TIME = timedelta(days=30)


def sessions() -> int:
    """By the index of the idle end, which is never later than the absolute one.

    Between the two, the row of a person tells whose browser signs out at a partner.
    """
    now = timezone.now()
    over = Q(user=None) | Q(ends_at__lte=now)
    return purge.delete_batch(Session.objects.filter(over, expire_date__lte=now))


def links() -> int:
    old = timezone.now() - ENDED_LINK_TIME
    return purge.delete_batch(OneTimeLink.objects.filter(expires_at__lt=old))


def captcha_challenges() -> int:
    return purge.delete_batch(CaptchaChallenge.objects.filter(expires_at__lte=timezone.now()))


def unactivated_accounts() -> int:
    """Accounts that nobody opened: their addresses are free again."""
    now = timezone.now()
    live_link = OneTimeLink.objects.filter(user=OuterRef("pk"), expires_at__gt=now)
    old = User.objects.filter(
        ~Exists(live_link),
        activated_at=None,
        created_at__lt=now - settings.UNACTIVATED_ACCOUNT_TIME,
        is_staff=False,
    )
    deleted = purge.delete_batch(old)
    if deleted:
        audit.record("account_purged", number=deleted)
    return deleted


def register() -> None:
    for job in (sessions, links, captcha_challenges, unactivated_accounts):
        purge.register(f"accounts.{job.__name__}", job)
