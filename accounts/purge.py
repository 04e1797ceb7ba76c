"""What this floor deletes once its time is over, a batch at a time (ncconnect.purge)."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.captcha.models import CaptchaAnswer
from accounts.models import Device, Invitation, OneTimeLink, Session, User
from ncconnect import audit, purge

# Until then an ended link explains itself to whoever follows it.
ENDED_LINK_TIME = timedelta(days=30)


def sessions() -> int:
    """At their absolute end. Until then, though it ran out, a row tells whose browser signs out.

    The idle end moves, and has no index.
    """
    return purge.delete_oldest(Session, "ends_at", timezone.now())


def known_devices() -> int:
    """Which their browser has forgotten by itself."""
    return purge.delete_oldest(Device, "last_at", timezone.now() - settings.KNOWN_DEVICE_TIME)


def links() -> int:
    old = timezone.now() - ENDED_LINK_TIME
    return purge.delete_batch(OneTimeLink.objects.filter(expires_at__lt=old))


def invitations() -> int:
    old = timezone.now() - ENDED_LINK_TIME
    return purge.delete_batch(Invitation.objects.filter(expires_at__lt=old))


def captcha_answers() -> int:
    return purge.delete_batch(CaptchaAnswer.objects.filter(expires_at__lte=timezone.now()))


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
    # Whoever signs up on one of them at this moment holds its lock, or waits for ours and makes it
    # anew (accounts.flows.sign_up). What was read before the lock is asked again under it.
    locked = old.select_for_update(skip_locked=True).values_list("pk", flat=True)
    keys = list(locked[: purge.BATCH])
    addresses = dict(old.filter(pk__in=keys).values_list("pk", "email"))
    deleted = purge.delete_batch(User.objects.filter(pk__in=addresses))
    for key, address in addresses.items():
        audit.record("account_purged", user=key, address=audit.email_digest(address))
    return deleted


def register() -> None:
    for job in (sessions, known_devices, links, invitations, captcha_answers, unactivated_accounts):
        purge.register(f"accounts.{job.__name__}", job)
