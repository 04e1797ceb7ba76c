"""The outbox against a real mail server that refuses, defers, stalls, hangs up and recovers."""

import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from ncconnect.audit.models import Event
from ncconnect.mail import delivery
from ncconnect.mail.models import Outbox
from ncconnect.outgoing import LEASE, SWEEP_SECONDS, delay
from tests.ncconnect import smtp_sink

pytestmark = pytest.mark.django_db


def make_due() -> None:
    """Time passes: what was put off is due."""
    Outbox.objects.update(next_at=timezone.now(), leased_until=None)


def states() -> set[str]:
    return set(Outbox.objects.values_list("state", flat=True))


def test_a_mail_is_sent_once(outbox_row, sink):
    row = outbox_row()
    assert delivery.deliver(row.pk)
    assert not delivery.deliver(row.pk)
    assert delivery.sweep() == 0
    row.refresh_from_db()
    assert row.state == "sent"
    assert row.sent_at
    assert len(sink.messages) == 1


def test_a_sweep_sends_all_over_one_connection(outbox_row, sink):
    for number in range(5):
        outbox_row(to=f"p{number}@exemple.nc")
    assert delivery.sweep() == 5
    assert sink.connections == 1
    assert {message["To"] for message in sink.messages} == {f"p{n}@exemple.nc" for n in range(5)}


@pytest.mark.parametrize("mode", [smtp_sink.DEFER, smtp_sink.GREYLIST, smtp_sink.STALL])
def test_every_mail_arrives_once_after_the_server_recovers(outbox_row, sink, mode):
    for _ in range(3):
        outbox_row()
    sink.mode = mode
    assert delivery.sweep() == 0
    assert states() == {"pending"}
    sink.recover()
    make_due()
    assert delivery.sweep() == 3
    assert states() == {"sent"}
    assert len(sink.messages) == 3


@pytest.mark.parametrize(
    ("mode", "cause"),
    [
        (smtp_sink.REJECT, "refused: SMTPRecipientsRefused 550"),
        (smtp_sink.REFUSE_MESSAGE, "refused: SMTPDataError 554"),
    ],
)
def test_what_is_refused_for_good_is_given_up_at_once_with_the_code(outbox_row, sink, mode, cause):
    """RFC 5321, 4.2.1. Before, a refused recipient was tried 293 times."""
    refused = outbox_row(to="personne@exemple.nc")
    sink.mode = mode
    assert delivery.sweep() == 0
    refused.refresh_from_db()
    assert (refused.state, refused.attempts, refused.last_error) == ("dead", 1, cause)
    assert Event.objects.get(event="mail_given_up").facts["cause"] == cause
    sink.recover()
    other = outbox_row()
    make_due()
    assert delivery.sweep() == 1
    assert [message["To"] for message in sink.messages] == [other.to]


def test_a_refused_recipient_holds_nobody_elses_mail_up(outbox_row, sink):
    for number in range(3):
        outbox_row(to=f"p{number}@exemple.nc")
    sink.nobody = "p1@exemple.nc"
    assert delivery.sweep() == 2
    assert {message["To"] for message in sink.messages} == {"p0@exemple.nc", "p2@exemple.nc"}


def test_a_server_that_does_not_like_us_is_tried_again(outbox_row, sink):
    """A sender or a password that it refuses is ours to put right: no mail is lost by it."""
    row = outbox_row()
    sink.mode = smtp_sink.REFUSE_SENDER
    assert delivery.sweep() == 0
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("pending", "SMTPSenderRefused 550")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"to": "autre@exemple.nc"}, False),
        ({"name": "password_reset"}, False),  # written for known addresses: it would tell
        ({"state": "pending"}, False),
        ({"last_error": "SMTPRecipientsRefused 450"}, False),
        ({"created_at": timezone.now() - timedelta(hours=2)}, False),
    ],
)
def test_a_refusal_is_told_of_this_address_of_late_and_of_what_everybody_gets(db, changes, told):
    from accounts import emails

    row = {"name": "activation", "to": "moana@exemple.nc", "language": "fr", "state": "dead"}
    row |= {"last_error": "refused: SMTPRecipientsRefused 550"}
    Outbox.objects.create(**row | changes)
    assert emails.was_refused("moana@exemple.nc") is told


class Failing:
    """A mail server that answers each message with this, or hangs up with that."""

    def __init__(self, answer: Exception | None = None, goodbye: Exception | None = None):
        self.answer, self.goodbye, self.tries = answer, goodbye, 0
        self.connection = SimpleNamespace(close=lambda: None)

    def open(self) -> None:
        """It is there already."""

    def send_messages(self, messages) -> None:
        self.tries += 1
        if self.answer:
            raise self.answer

    def close(self) -> None:
        if self.goodbye:
            raise self.goodbye


@pytest.fixture
def failing(monkeypatch):
    """Puts such a server in the place of ours: failing(answer)."""

    def put(*arguments, **options) -> Failing:
        server = Failing(*arguments, **options)
        monkeypatch.setattr(delivery, "get_connection", lambda: server)
        return server

    return put


def refused(code: int) -> Exception:
    return smtplib.SMTPRecipientsRefused({"moana@exemple.nc": (code, b"no")})


def not_taken(code: int) -> Exception:
    return smtplib.SMTPDataError(code, b"no")


GIVEN_UP, GOES_ON, STOPS = ("dead", 2), ("pending", 2), ("pending", 1)


@pytest.mark.parametrize(
    ("answer", "becomes", "cause"),
    [
        (refused(421), STOPS, "SMTPRecipientsRefused 421"),
        (refused(450), GOES_ON, "SMTPRecipientsRefused 450"),
        (refused(499), GOES_ON, "SMTPRecipientsRefused 499"),
        (refused(500), GIVEN_UP, "refused: SMTPRecipientsRefused 500"),
        (refused(599), GIVEN_UP, "refused: SMTPRecipientsRefused 599"),
        (refused(600), GOES_ON, "SMTPRecipientsRefused 600"),
        (smtplib.SMTPRecipientsRefused({}), GOES_ON, "SMTPRecipientsRefused"),
        (not_taken(451), GOES_ON, "SMTPDataError 451"),
        (not_taken(554), GIVEN_UP, "refused: SMTPDataError 554"),
        (not_taken(420), GOES_ON, "SMTPDataError 420"),
        (not_taken(421), STOPS, "SMTPDataError 421"),
        (not_taken(422), GOES_ON, "SMTPDataError 422"),
        (smtplib.SMTPSenderRefused(550, b"no", "us"), GOES_ON, "SMTPSenderRefused 550"),
        (smtplib.SMTPSenderRefused(421, b"no", "us"), STOPS, "SMTPSenderRefused 421"),
        (smtplib.SMTPAuthenticationError(535, b"no"), STOPS, "SMTPAuthenticationError 535"),
        (smtplib.SMTPHeloError(550, b"no"), STOPS, "SMTPHeloError 550"),
        (smtplib.SMTPConnectError(554, b"no"), STOPS, "SMTPConnectError 554"),
        (smtplib.SMTPServerDisconnected(), STOPS, "SMTPServerDisconnected"),
        (smtplib.SMTPNotSupportedError(), GOES_ON, "SMTPNotSupportedError"),
        (ConnectionRefusedError(), STOPS, "ConnectionRefusedError"),
        (ValueError(), GOES_ON, "ValueError"),
    ],
    ids=lambda value: repr(value) if isinstance(value, Exception) else "",
)
def test_each_failure_holds_up_whom_it_concerns_and_nobody_else(
    outbox_row, failing, answer, becomes, cause
):
    """RFC 5321, 4.2.1 and 3.8: this mail for good, this mail for now, or the whole server."""
    state, tries = becomes
    outbox_row()
    outbox_row(to="teva@exemple.nc")
    server = failing(answer)
    assert delivery.sweep() == 0
    assert server.tries == tries
    assert states() == {state}
    tried = Outbox.objects.filter(attempts=1)
    assert set(tried.values_list("last_error", flat=True)) == {cause}
    assert len(tried) == tries


def test_who_is_told_at_once_learns_that_the_server_is_away(outbox_row, failing):
    row = outbox_row()
    failing(ConnectionRefusedError())
    assert delivery.deliver(row.pk) is False
    assert states() == {"pending"}


@pytest.mark.parametrize("goodbye", [smtplib.SMTPException(), ConnectionResetError()])
def test_a_server_that_takes_leave_badly_has_taken_the_mail_all_the_same(
    outbox_row, failing, goodbye
):
    row, server = outbox_row(), failing(goodbye=goodbye)
    assert delivery.deliver(row.pk) is True
    assert states() == {"sent"}
    assert server.connection is None


@pytest.mark.parametrize(
    ("answer", "is_told"), [(ValueError(), True), (not_taken(451), False), (OSError(), False)]
)
def test_the_log_says_where_only_of_what_nobody_foresaw(
    outbox_row, failing, caplog, answer, is_told
):
    """The traceback of a mail server's refusal would hold the message that it quotes."""
    outbox_row()
    failing(answer)
    delivery.sweep()
    [record] = [each for each in caplog.records if each.message == "mail not sent"]
    assert bool(record.exc_info) is is_told


@pytest.mark.parametrize("late", [0, 1])
def test_a_sweep_ends_in_time_and_leaves_the_rest_to_the_next(
    outbox_row, failing, monkeypatch, late
):
    """It would hold its worker, which is stopped in the middle of a mail then."""
    clock, server = SimpleNamespace(now=0.0), failing()
    monkeypatch.setattr(delivery, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(
        server, "open", lambda: setattr(clock, "now", clock.now + SWEEP_SECONDS + late)
    )
    outbox_row()
    outbox_row()
    assert delivery.sweep() == 1
    assert sorted(Outbox.objects.values_list("state", "attempts")) == [("pending", 0), ("sent", 1)]
    assert delivery.sweep() == 1


def test_a_closed_port_costs_one_try_and_no_mail(outbox_row, sink):
    for _ in range(20):
        outbox_row()
    sink.refuse()
    assert delivery.sweep() == 0
    assert sum(Outbox.objects.values_list("attempts", flat=True)) == 1
    sink.recover()
    make_due()
    assert delivery.sweep() == 20
    assert len(sink.messages) == 20


def test_a_mail_dropped_before_250_arrives_at_most_twice_under_one_message_id(outbox_row, sink):
    outbox_row()
    sink.mode = smtp_sink.DROP
    assert delivery.sweep() == 0
    sink.recover()
    make_due()
    assert delivery.sweep() == 1
    assert len(sink.messages) == 2
    assert len({message["Message-ID"] for message in sink.messages}) == 1


def test_one_refused_recipient_holds_nobody_else_up(outbox_row, sink):
    outbox_row()
    outbox_row()
    sink.mode = smtp_sink.REJECT
    delivery.sweep()
    assert list(Outbox.objects.values_list("attempts", flat=True)) == [1, 1]


def test_a_failure_is_noted_without_the_servers_words(outbox_row, sink):
    row = outbox_row()
    sink.mode = smtp_sink.DEFER
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert row.last_error == "SMTPDataError 451"


def test_a_mail_put_off_waits_longer_each_time():
    waits = [delay(attempts).total_seconds() for attempts in (1, 2, 3, 4, 5, 6, 300)]
    assert waits == [15, 30, 60, 120, 240, 300, 300]


def test_a_mail_put_off_is_not_due(outbox_row, sink):
    outbox_row()
    sink.mode = smtp_sink.DEFER
    delivery.sweep()
    sink.recover()
    assert delivery.sweep() == 0
    assert sink.messages == []


def test_after_a_day_a_mail_is_given_up_and_the_trail_says_so(outbox_row, sink):
    row = outbox_row(created_at=timezone.now() - delivery.LIFETIME - timedelta(minutes=1))
    sink.mode = smtp_sink.DEFER
    delivery.sweep()
    row.refresh_from_db()
    assert row.state == "dead"
    assert Event.objects.get().facts["cause"] == "SMTPDataError 451"


def test_a_mail_about_something_gone_is_given_up_at_once(outbox_row, sink):
    row = outbox_row(context={"gone": True})
    assert delivery.sweep() == 0
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("dead", "nothing left to say")
    assert sink.messages == []


def test_a_mail_that_a_worker_holds_is_left_alone_until_its_lease_ends(outbox_row, sink):
    """A worker killed in mid-send: the mail leaves once the lease is over."""
    row = outbox_row(leased_until=timezone.now() + LEASE, attempts=1)
    assert delivery.sweep() == 0
    Outbox.objects.filter(pk=row.pk).update(leased_until=timezone.now())
    assert delivery.sweep() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_sweep_at_once_send_each_mail_once(outbox_row, sink, needs_postgresql):
    for number in range(30):
        outbox_row(to=f"p{number}@exemple.nc")

    def worker(_):
        try:
            return delivery.sweep()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(worker, range(6))) == 30
    assert len({message["To"] for message in sink.messages}) == len(sink.messages) == 30


@pytest.mark.django_db(transaction=True)
def test_workers_woken_for_one_mail_send_it_once(outbox_row, sink, needs_postgresql):
    row = outbox_row()

    def worker(_):
        try:
            return delivery.deliver(row.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(worker, range(10))) == 1
    assert len(sink.messages) == 1


def test_old_mails_are_purged_and_waiting_ones_never(outbox_row):
    long_ago = timezone.now() - timedelta(days=100)
    outbox_row(state="sent", created_at=long_ago)
    outbox_row(state="dead", created_at=long_ago)
    outbox_row(state="sent")
    outbox_row(created_at=long_ago)
    assert delivery.purge_sent() == 1
    assert delivery.purge_dead() == 1
    assert sorted(Outbox.objects.values_list("state", flat=True)) == ["pending", "sent"]
