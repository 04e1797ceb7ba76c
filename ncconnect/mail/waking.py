"""Tell a worker that a mail is waiting. Only a hint: the sweep finds the mail without it.

So nothing that is wrong with the queue may fail the page, or hold it up for long: one try,
short time-outs, and after a failure no further try for a while.
"""

import logging
import time
from uuid import UUID

from celery import current_app

logger = logging.getLogger(__name__)

PAUSE = 15.0  # seconds; the sweep passes as often

_silent_until = 0.0


def wake(mail_id: UUID) -> None:
    """Ask for the delivery of this mail, now. Never raises."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        _publish(mail_id)
    except Exception as error:
        _silent_until = time.monotonic() + PAUSE
        logger.warning(
            "the queue does not answer", extra={"facts": {"cause": type(error).__name__}}
        )


def _publish(mail_id: UUID) -> None:
    current_app.send_task("ncconnect.mail.tasks.deliver", args=[str(mail_id)], retry=False)
