"""Opening and ending sessions."""

from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from accounts.models import Session, User
from accounts.signals import sessions_ending
from ncconnect import audit

SIGNED_OUT = "signed_out"  # the person's own doing, here
SHARED_OVER = "shared_over"
BATCH = 200


def end(sessions: models.QuerySet, *, reason: str, actor: User | None = None) -> int:
    """End these sessions; upper floors are told in the same transaction. Returns how many.

    ``actor``: whose doing it is, when it is staff's. Locked in the order of their keys.
    """
    event = "sign_out" if reason == SIGNED_OUT else "session_ended"
    with transaction.atomic():
        rows = list(sessions.order_by("pk").select_for_update(of=("self",)))
        if not rows:
            return 0
        sessions_ending.send(sender=Session, sessions=rows, reason=reason)
        Session.objects.filter(pk__in=[row.pk for row in rows]).delete()
        audit.record_each(event, [_told(row, reason) for row in rows], actor=actor)
    return len(rows)


def end_shared() -> int:
    """A batch of those on shared computers whose time is over. Returns how many.

    One that is used in this very moment is asked again under its lock, and goes on.
    """
    over = Session.objects.filter(shared=True, expire_date__lte=timezone.now())
    keys = list(over.order_by("expire_date").values_list("pk", flat=True)[:BATCH])
    return end(over.filter(pk__in=keys), reason=SHARED_OVER)


def _told(row: Session, reason: str) -> tuple[UUID, dict]:
    return row.user_id, {"reason": reason, "session": str(row.pk), "device": row.device_facts}


def end_all(
    user: User, *, reason: str, keep: Session | None = None, actor: User | None = None
) -> int:
    """End every session of this person, but the one to keep."""
    sessions = Session.objects.filter(user=user)
    return end(sessions.exclude(pk=keep.pk) if keep else sessions, reason=reason, actor=actor)
