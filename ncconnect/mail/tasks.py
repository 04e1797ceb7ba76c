"""The worker's side of the outbox. Both tasks may run twice, at once, or too late: no harm done."""

from celery import shared_task

from ncconnect.mail import delivery


@shared_task
def deliver(mail_id: str) -> None:
    """Send one mail, just written."""
    delivery.deliver(mail_id)


@shared_task
def sweep() -> None:
    """Send what is due: put off, forgotten by the queue, or left by a worker that died."""
    delivery.sweep()
