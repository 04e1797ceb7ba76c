"""Tell a worker that something is to send. Only a hint: the sweep finds it without.

So nothing that is wrong with the queue may fail the page, or hold it up for long: one try,
short time-outs, and after a failure no further try for a while.
"""

import logging
import time
from functools import cache
from uuid import UUID

from celery import current_app
from django.conf import settings
from kombu.pools import producers

logger = logging.getLogger(__name__)

DELIVER = "ncconnect.mail.tasks.deliver"
TIME_OUT = 0.3  # seconds, to connect and for each answer
PAUSE = 15.0  # seconds; the sweep passes as often

_silent_until = 0.0


def wake(row_id: UUID, task: str = DELIVER) -> None:
    """Ask for the delivery of this row, now. Never raises."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        _publish(task, row_id)
    except Exception as error:  # noqa: BLE001  (a full disk, a dead broker, a bad name…)
        _silent_until = time.monotonic() + PAUSE
        logger.warning(
            "the queue does not answer", extra={"facts": {"cause": type(error).__name__}}
        )


def _publish(task: str, row_id: UUID) -> None:
    with _producers().acquire(block=True, timeout=TIME_OUT) as producer:
        current_app.send_task(task, args=[str(row_id)], producer=producer, retry=False)


@cache
def _producers():
    """Connections of our own: a worker may wait for its broker much longer than a page can."""
    patience = {
        "socket_timeout": TIME_OUT,
        "socket_connect_timeout": TIME_OUT,
        "max_retries": 0,
        "interval_start": 0,
        "interval_step": 0,
    }
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | patience
    connection = current_app.connection_for_write()
    connection.transport_options = options
    return producers[connection]
