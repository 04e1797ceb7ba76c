"""Periodic work of the whole site (settings.CELERY_BEAT_SCHEDULE)."""

from celery import shared_task

from ncconnect import purge


@shared_task
def purge_expired() -> None:
    """Delete what has expired, everywhere."""
    purge.run()
