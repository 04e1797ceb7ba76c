"""Periodic work about people (settings.CELERY_BEAT_SCHEDULE)."""

from celery import shared_task

from accounts.flows import sessions


@shared_task
def end_shared_sessions() -> None:
    """A session on a shared computer that ran out is news, and its partners are told of it."""
    while sessions.end_shared() == sessions.BATCH:
        pass
