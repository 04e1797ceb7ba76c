"""Periodic work of the whole site (settings.CELERY_BEAT_SCHEDULE)."""

from celery import shared_task
from django.conf import settings

from ncconnect import purge


@shared_task
def purge_expired() -> None:
    """Have what has expired deleted, everywhere: a task for each purge, with its own time limit."""
    for name in purge.names():
        purge_one.apply_async([name], expires=settings.PURGE_SECONDS)


@shared_task
def purge_one(name: str) -> None:
    """One purge. What the time limit cuts off, the next hour's goes on with."""
    purge.run_one(name)
