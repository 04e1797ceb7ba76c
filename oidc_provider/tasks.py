"""Periodic work of the provider (settings.CELERY_BEAT_SCHEDULE)."""

from celery import shared_task

from oidc_provider import rotation


@shared_task
def keep_keys_fresh() -> None:
    rotation.keep_fresh()
