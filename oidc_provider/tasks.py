"""Periodic work of the provider (settings.CELERY_BEAT_SCHEDULE)."""

from celery import shared_task

from oidc_provider.keys import rotation
from oidc_provider.logout import notices


@shared_task
def keep_keys_fresh() -> None:
    rotation.keep_fresh()


@shared_task
def deliver_logout(notice_id: str) -> None:
    """Tell one partner of one session that has just ended."""
    notices.deliver(notice_id)


@shared_task
def sweep_logouts() -> None:
    """Tell partners what is due: put off, forgotten by the queue, or left by a dead worker."""
    notices.sweep()
