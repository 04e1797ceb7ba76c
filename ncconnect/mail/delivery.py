"""Sending what is in the outbox.

A mail is claimed before it goes to the mail server, so that two workers do not both send it; the
claim is committed, and ends by itself when the worker dies. A mail server that takes a message
and hangs up before it says so gets the message twice: that is as good as SMTP can be.
"""

import logging
import time
from datetime import timedelta
from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPServerDisconnected,
)

from django.core.exceptions import ObjectDoesNotExist
from django.core.mail import get_connection
from django.db import connection, transaction
from django.utils import timezone

from ncconnect import audit, metrics
from ncconnect.mail.models import LEASE, Outbox
from ncconnect.mail.rendering import render
from ncconnect.purge import delete_batch

logger = logging.getLogger(__name__)

FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(minutes=5)
LIFETIME = timedelta(hours=24)  # then the mail is given up
KEPT_SENT = timedelta(days=30)
KEPT_DEAD = timedelta(days=90)
# A sweep takes up no new mail after this time: one more may hold it for EMAIL_TIMEOUT, and both
# must fit in CELERY_TASK_SOFT_TIME_LIMIT.
SWEEP_SECONDS = 12
SERVICE_CLOSING = 421  # RFC 5321, section 3.8


class ServerUnavailable(Exception):
    """The mail server cannot be talked to: the next mail would fare no better."""


def deliver(mail_id) -> bool:
    """Send this mail if it is due and nobody else does; True when it left."""
    row = _claim(Outbox.objects.filter(pk=mail_id))
    if row is None:
        return False
    server = get_connection()
    try:
        return _deliver(row, server)
    except ServerUnavailable:
        return False
    finally:
        _hang_up(server)


def sweep() -> int:
    """Send what is due, oldest first, over one connection to the mail server; how many left."""
    deadline = time.monotonic() + SWEEP_SECONDS
    server = get_connection()
    sent = 0
    try:
        while time.monotonic() < deadline and (row := _claim(Outbox.objects.all())):
            sent += _deliver(row, server)
    except ServerUnavailable:
        logger.warning("the mail server does not answer")
    finally:
        _hang_up(server)
    return sent


def _claim(candidates) -> Outbox | None:
    """Take one due mail for the time of a lease; None when there is none for us."""
    skip_locked = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        due = candidates.due().select_for_update(skip_locked=skip_locked)
        row = due.order_by("next_at").first()
        if row:
            row.leased_until = timezone.now() + LEASE
            row.attempts += 1
            row.save(update_fields=["leased_until", "attempts"])
    return row


def _deliver(row: Outbox, server) -> bool:
    """Send a claimed mail and write down what became of it. Raises ServerUnavailable."""
    try:
        message = render(row).as_email()
        server.open()  # or else Django closes it after this message
        server.send_messages([message])
    except ObjectDoesNotExist:
        _give_up(row, "nothing left to say")
    except Exception as error:
        _drop(server)
        _put_off(row, error)
        if _is_the_servers(error):
            raise ServerUnavailable from error
    else:
        _settle(row, state=Outbox.State.SENT, sent_at=timezone.now(), last_error="")
        metrics.MAILS.labels(row.name, "sent").inc()
        return True
    return False


def _is_the_servers(error: Exception) -> bool:
    """Whether the failure is the server's or the network's, rather than this message's."""
    if isinstance(error, SMTPException):  # an OSError too
        whole = SMTPServerDisconnected | SMTPConnectError | SMTPHeloError | SMTPAuthenticationError
        return isinstance(error, whole) or getattr(error, "smtp_code", 0) == SERVICE_CLOSING
    return isinstance(error, OSError)


def _hang_up(server) -> None:
    """Take leave of the mail server: everything it was given is settled."""
    try:
        server.close()
    except (SMTPException, OSError):
        _drop(server)


def _drop(server) -> None:
    """Close the connection without a word: a server that stalls would make us wait once more."""
    if smtp := getattr(server, "connection", None):
        smtp.close()
        server.connection = None


def _put_off(row: Outbox, error: Exception) -> None:
    cause = _cause(error)
    logger.warning(
        "mail not sent",
        extra={"facts": {"mail": str(row.pk), "attempt": row.attempts, "cause": cause}},
        exc_info=not isinstance(error, SMTPException | OSError),
    )
    metrics.MAILS.labels(row.name, "failed").inc()
    now = timezone.now()
    if now - row.created_at > LIFETIME:
        _give_up(row, cause)
    else:
        _settle(row, next_at=now + delay(row.attempts), leased_until=None, last_error=cause)


def delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, up to LONGEST_DELAY."""
    return min(FIRST_DELAY * 2 ** min(attempts - 1, 10), LONGEST_DELAY)


def _cause(error: Exception) -> str:
    """The kind of failure. Never the text: a mail server's answer may quote the message."""
    code = getattr(error, "smtp_code", "")
    return f"{type(error).__name__} {code}".strip()[:100]


def _give_up(row: Outbox, cause: str) -> None:
    with transaction.atomic():
        if _settle(row, state=Outbox.State.DEAD, leased_until=None, last_error=cause):
            audit.record("mail_given_up", mail=str(row.pk), name=row.name, cause=cause)
    metrics.MAILS.labels(row.name, "dead").inc()


def _settle(row: Outbox, **fields) -> int:
    """Write the outcome down, unless another worker has, after our lease ran out."""
    return Outbox.objects.filter(
        pk=row.pk, state=Outbox.State.PENDING, attempts=row.attempts
    ).update(**fields)


def purge_sent() -> int:
    """Delete a batch of the mails that left more than KEPT_SENT ago."""
    return _purge(Outbox.State.SENT, KEPT_SENT)


def purge_dead() -> int:
    """Delete a batch of the mails that were given up more than KEPT_DEAD ago."""
    return _purge(Outbox.State.DEAD, KEPT_DEAD)


def _purge(state: str, kept: timedelta) -> int:
    return delete_batch(Outbox.objects.filter(state=state, created_at__lt=timezone.now() - kept))


def gauges():
    """What a scrape tells of the outbox."""
    waiting = Outbox.objects.filter(state=Outbox.State.PENDING)
    counts = {
        Outbox.State.PENDING.value: waiting.count(),
        Outbox.State.DEAD.value: Outbox.objects.filter(state=Outbox.State.DEAD).count(),
    }
    yield "ncconnect_outbox_oldest_seconds", "Age of the oldest unsent mail.", {"": oldest()}
    yield "ncconnect_outbox_mails", "Mails of the outbox, by state.", counts


def oldest() -> int:
    """Age in seconds of the oldest unsent mail; 0 when there is none."""
    waiting = Outbox.objects.filter(state=Outbox.State.PENDING).order_by("created_at")
    first = waiting.values_list("created_at", flat=True).first()
    return max(0, int((timezone.now() - first).total_seconds())) if first else 0
