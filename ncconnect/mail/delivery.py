"""Sending what is in the outbox.

A mail is claimed before it goes to the mail server (ncconnect.outgoing). A mail server that takes
a message and hangs up before it says so gets the message twice: that is as good as SMTP can be.
"""

import logging
import time
from datetime import timedelta
from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPServerDisconnected,
)

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.core.mail import get_connection
from django.db import transaction

from ncconnect import audit, metrics
from ncconnect.mail import LEAVING, NobodyToWriteTo
from ncconnect.mail.models import REFUSED, Outbox
from ncconnect.mail.rendering import render
from ncconnect.outgoing import SWEEP_SECONDS
from ncconnect.purge import delete_batch

logger = logging.getLogger(__name__)

LIFETIME = settings.MAIL_TIME
KEPT_SENT = settings.MAIL_KEPT_TIME
KEPT_DEAD = settings.FAILED_MAIL_KEPT_TIME
SERVICE_CLOSING = 421  # RFC 5321, section 3.8


class ServerUnavailable(Exception):
    """The mail server cannot be talked to: the next mail would fare no better."""


def deliver(mail_id) -> bool:
    """Send this mail if it is due and nobody else does; True when it left."""
    row = Outbox.objects.filter(pk=mail_id).claim()
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
        while time.monotonic() < deadline and (row := Outbox.objects.claim()):
            sent += _deliver(row, server)
    except ServerUnavailable:
        logger.warning("the mail server does not answer")
    finally:
        _hang_up(server)
    return sent


def _deliver(row: Outbox, server) -> bool:
    """Send a claimed mail and write down what became of it. Raises ServerUnavailable."""
    try:
        if prepare := LEAVING.get(row.name):
            prepare(row.context)
        message = render(row).as_email()
        server.open()  # or else Django closes it after this message
        server.send_messages([message])
    except NobodyToWriteTo:
        row.forget()
    except ObjectDoesNotExist:
        _give_up(row, "nothing left to say")
    except Exception as error:
        _drop(server)
        if _is_final(error):
            _give_up(row, f"{REFUSED} {_cause(error)}")
            return False
        _put_off(row, error)
        if _is_the_servers(error):
            raise ServerUnavailable from error
    else:
        row.settle_sent()
        metrics.MAILS.labels(row.name, "sent").inc()
        return True
    return False


def _is_final(error: Exception) -> bool:
    """Whether the server will never take this mail (RFC 5321, section 4.2.1): 5yz, about the
    recipient or the message. About the sender or our name and password, it is we who are to be put
    right: those mails are tried again."""
    about_this_mail = isinstance(error, SMTPRecipientsRefused | SMTPDataError)
    return about_this_mail and _code(error) // 100 == 5


def _code(error: Exception) -> int:
    """What the server answered; 0 when it did not. Each mail has one recipient."""
    if isinstance(error, SMTPRecipientsRefused):
        return next((code for code, _words in error.recipients.values()), 0)
    return getattr(error, "smtp_code", 0)


def _is_the_servers(error: Exception) -> bool:
    """Whether the failure is the server's or the network's, rather than this message's."""
    if isinstance(error, SMTPException):  # an OSError too
        whole = SMTPServerDisconnected | SMTPConnectError | SMTPHeloError | SMTPAuthenticationError
        return isinstance(error, whole) or _code(error) == SERVICE_CLOSING
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
    if row.is_older_than(LIFETIME):
        _give_up(row, cause)
    else:
        row.put_off(cause)


def _cause(error: Exception) -> str:
    """The kind of failure. Never the text: a mail server's answer may quote the message."""
    return f"{type(error).__name__} {_code(error) or ''}".strip()


def _give_up(row: Outbox, cause: str) -> None:
    with transaction.atomic():
        if row.settle_dead(cause):
            audit.record("mail_given_up", mail=str(row.pk), name=row.name, cause=cause)
    metrics.MAILS.labels(row.name, "dead").inc()


def purge_sent() -> int:
    """Delete a batch of the mails that left more than KEPT_SENT ago."""
    return _purge(Outbox.State.SENT, KEPT_SENT)


def purge_dead() -> int:
    """Delete a batch of the mails that were given up more than KEPT_DEAD ago."""
    return _purge(Outbox.State.DEAD, KEPT_DEAD)


def _purge(state: str, kept: timedelta) -> int:
    return delete_batch(Outbox.objects.older(state, kept))


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
    return Outbox.objects.oldest()
