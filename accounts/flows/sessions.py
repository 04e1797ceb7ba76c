"""Opening and ending sessions."""

from django.db import models, transaction

from accounts.models import Session, User
from accounts.signals import sessions_ending
from ncconnect import audit


def end(sessions: models.QuerySet, *, reason: str) -> int:
    """End these sessions; upper floors are told in the same transaction. Returns how many."""
    with transaction.atomic():
        rows = list(sessions.select_for_update(of=("self",)))
        if not rows:
            return 0
        sessions_ending.send(sender=Session, sessions=rows, reason=reason)
        Session.objects.filter(pk__in=[row.pk for row in rows]).delete()
        for row in rows:
            audit.record("session_ended", user=row.user_id, reason=reason)
    return len(rows)


def end_all(user: User, *, reason: str, keep: Session | None = None) -> int:
    """End every session of this person, but the one to keep."""
    sessions = Session.objects.filter(user=user)
    return end(sessions.exclude(pk=keep.pk) if keep else sessions, reason=reason)
