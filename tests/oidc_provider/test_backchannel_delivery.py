"""Logout notices against a real web server that refuses, fails, stalls, is away and recovers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from ncconnect import metrics, outbound
from ncconnect.audit.models import Event
from ncconnect.outgoing import LEASE, SWEEP_SECONDS
from oidc_provider.logout import notices
from oidc_provider.models import LogoutNotice
from oidc_provider.models import RelyingParty as Model
from tests.listening_partner import STALL, ListeningPartner
from tests.relying_party import RelyingParty
from tests.staff import agent


@pytest.fixture
def listening(monkeypatch):
    monkeypatch.setattr(outbound, "MAX_TIME", 0.5)
    with ListeningPartner() as server:
        yield server


@pytest.fixture
def partner(listening):
    return RelyingParty.registered(backchannel_logout_uri=listening.address)


@pytest.fixture
def write(partner):
    """Makes a waiting notice: write(attempts=3)."""

    def make(client_id="impots", **fields):
        owner = Model.objects.get(client_id=client_id)
        return LogoutNotice.objects.create(relying_party=owner, sub="sub", sid="sid", **fields)

    return make


def make_due() -> None:
    """Time passes: what was put off is due."""
    LogoutNotice.objects.update(next_at=timezone.now(), leased_until=None)


def states() -> list[str]:
    return sorted(LogoutNotice.objects.values_list("state", flat=True))


@pytest.mark.parametrize("status", [200, 204])
def test_a_notice_is_posted_once(write, listening, status):
    notice = write()
    listening.status = status
    assert notices.deliver(notice.pk)
    assert not notices.deliver(notice.pk)
    assert notices.sweep() == 0
    assert states() == ["sent"]
    assert len(listening.tokens) == 1


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (302, "it answered 302"),
        (400, "it answered 400"),
        (500, "it answered 500"),
        (STALL, "no answer within 0.5 seconds"),
    ],
)
def test_a_notice_that_is_not_taken_is_taken_after_recovery(write, listening, status, cause):
    notice = write()
    listening.status = status
    assert notices.sweep() == 0
    notice.refresh_from_db()
    assert (notice.state, notice.attempts, notice.last_error) == ("pending", 1, cause)
    assert notice.next_at > timezone.now()
    listening.recover()
    assert notices.sweep() == 0  # not due yet
    make_due()
    assert notices.sweep() == 1
    assert states() == ["sent"]


def test_a_partner_that_is_away_is_tried_once_in_a_sweep(write, listening):
    for _ in range(5):
        write()
    listening.refuse()
    assert notices.sweep() == 0
    assert sum(LogoutNotice.objects.values_list("attempts", flat=True)) == 1
    listening.recover()
    make_due()
    assert notices.sweep() == 5


def test_a_partner_that_is_away_holds_no_other_up(write, listening):
    with ListeningPartner() as other:
        RelyingParty.registered(client_id="autre", backchannel_logout_uri=other.address)
        listening.status = STALL
        write()
        write()
        write(client_id="autre")
        assert notices.sweep() == 1
        assert len(other.tokens) == 1


def test_a_partner_that_has_just_failed_is_left_to_the_sweep(write, listening):
    """Each person who signs out would hold a worker for as long as the partner stalls."""
    first, second = write(), write()
    listening.refuse()
    assert notices.deliver(first.pk) is False
    listening.recover()
    assert not notices.deliver(second.pk)
    assert not listening.tokens
    assert notices.sweep() == 1


def test_a_notice_of_a_host_whose_clock_is_ahead_is_no_failure(write, listening):
    """Who signs out is signed out at once, wherever the pages of NC Connect come from."""
    first = write()
    write(next_at=timezone.now() + timedelta(seconds=2))
    assert notices.deliver(first.pk) is True


@pytest.fixture
def answers(monkeypatch):
    """What the partner answers, without a server: answers(status); then how often it was asked."""

    def put(status: int) -> list[int]:
        asked = []
        monkeypatch.setattr(outbound, "post_form", lambda *_: asked.append(1) or status)
        return asked

    return put


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        *((status, ("sent", 2)) for status in (200, 204, 299)),
        *((status, ("dead", 2)) for status in (400, 404, 407, 409, 424, 426, 428, 430, 499)),
        *((status, ("pending", 1)) for status in (101, 302, 399, 408, 425, 429, 500, 503)),
    ],
)
def test_what_an_answer_means_for_this_notice_and_for_the_next_of_the_partner(
    write, answers, status, becomes
):
    """Taken; refused, which the fifth time is the last word; or not now, nor for the others."""
    state, tries = becomes
    write(attempts=4)
    write(attempts=4)
    asked = answers(status)
    assert notices.sweep() == (2 if state == "sent" else 0)
    assert len(asked) == tries
    assert set(states()) == {state}


def test_a_failure_is_told_as_far_as_its_column_goes(write, monkeypatch):
    """Else the database would refuse the row, and the notice be tried for ever."""

    def post_form(*_) -> int:
        raise outbound.OutboundError("é" * 150)

    monkeypatch.setattr(outbound, "post_form", post_form)
    notice = write()
    assert notices.deliver(notice.pk) is False
    notice.refresh_from_db()
    assert notice.last_error == "é" * LogoutNotice._meta.get_field("last_error").max_length


@pytest.mark.parametrize(("attempts", "state"), [(3, "pending"), (4, "dead"), (9, "dead")])
def test_who_refuses_is_asked_five_times_whatever_it_said_before(write, answers, attempts, state):
    write(attempts=attempts)
    answers(400)
    notices.sweep()
    assert states() == [state]


@pytest.mark.parametrize("late", [0, 1])
def test_a_sweep_ends_in_time_and_leaves_the_rest_to_the_next(write, monkeypatch, late):
    clock = SimpleNamespace(now=0.0)

    def post_form(*_) -> int:
        clock.now += SWEEP_SECONDS + late
        return 200

    monkeypatch.setattr(notices, "time", SimpleNamespace(monotonic=lambda: clock.now, time=int))
    monkeypatch.setattr(outbound, "post_form", post_form)
    write()
    write()
    assert notices.sweep() == 1
    assert states() == ["pending", "sent"]
    assert notices.sweep() == 1


def test_a_sweep_that_finds_nothing_more_is_over(write, answers, monkeypatch):
    """And asks the database no more, until the time of a sweep is up."""
    write()
    answers(200)
    moments = iter(range(3))
    monkeypatch.setattr(notices, "time", SimpleNamespace(monotonic=lambda: next(moments), time=int))
    assert notices.sweep() == 1


def test_who_refuses_again_and_again_is_not_asked_all_day(write, listening):
    write(attempts=notices.REFUSALS - 1)
    listening.status = 400
    notices.sweep()
    assert states() == ["dead"]
    event = Event.objects.get(event="logout_given_up")
    assert (event.partner, event.facts["cause"]) == ("impots", "it answered 400")


def test_when_the_session_would_be_over_anyway_a_notice_is_given_up(write, listening):
    write(created_at=timezone.now() - notices.LIFETIME - timedelta(minutes=1))
    listening.status = 500
    notices.sweep()
    assert states() == ["dead"]


def test_a_partner_without_an_address_any_more(write, listening):
    write()
    Model.objects.update(backchannel_logout_uri="")
    assert notices.sweep() == 0
    assert states() == ["dead"]


def test_a_place_inside_is_never_called(write, listening, settings):
    """The address is a partner's: in operation it must not lead to our own machines."""
    settings.DEMO_MODE = False
    write()
    assert notices.sweep() == 0
    assert not listening.requests


def test_a_notice_that_a_worker_holds_is_left_alone_until_its_lease_ends(write, listening):
    notice = write(leased_until=timezone.now() + LEASE, attempts=1)
    assert notices.sweep() == 0
    LogoutNotice.objects.filter(pk=notice.pk).update(leased_until=timezone.now())
    assert notices.sweep() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_sweep_at_once_post_each_notice_once(write, listening, needs_postgresql):
    for _ in range(20):
        write()

    def worker(_):
        try:
            return notices.sweep()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(worker, range(6))) == 20
    assert len(listening.tokens) == 20


def test_no_token_reaches_the_log(write, listening, caplog):
    write()
    listening.status = 500
    notices.sweep()
    listening.recover()
    make_due()
    notices.sweep()
    assert len(listening.tokens) == 2
    assert "eyJ" not in caplog.text + "".join(str(vars(row)) for row in caplog.records)


def test_old_notices_are_purged_and_waiting_ones_never(write):
    long_ago = timezone.now() - timedelta(days=60)
    for state in ("sent", "dead", "pending"):
        write(state=state, created_at=long_ago)
    write(state="sent")
    assert notices.purge() == 2
    assert states() == ["pending", "sent"]


@pytest.mark.parametrize(("state", "kept"), [("sent", 1), ("dead", 30)])
def test_a_notice_is_kept_for_as_long_as_the_documentation_says(write, state, kept):
    """A day once taken, 30 days once given up."""
    moment = timezone.now() - timedelta(days=kept)
    write(state=state, created_at=moment + timedelta(minutes=1))
    assert notices.purge() == 0
    write(state=state, created_at=moment - timedelta(minutes=1))
    assert notices.purge() == 1


def test_the_oldest_one_is_a_figure(write):
    write(created_at=timezone.now() - timedelta(seconds=90))
    text = metrics.text().decode()
    [line] = [line for line in text.splitlines() if line.startswith("ncconnect_logouts_oldest")]
    assert 90 <= float(line.split()[1]) < 100
    assert 'ncconnect_logouts{state="pending"} 1.0' in text


class TestAdministration:
    @pytest.fixture
    def staff(self, end_user):
        return agent(end_user, "partners")

    def test_staff_see_what_waits_and_why(self, write, staff):
        write(last_error="it answered 500", attempts=3)
        page = staff.opens("/admin/oidc_provider/logoutnotice/").content.decode()
        assert "impots.nc" in page
        assert "it answered 500" in page

    def test_staff_can_have_it_sent_again(self, write, staff, listening):
        notice = write(state="dead", attempts=7)
        staff.opens("/admin/oidc_provider/logoutnotice/")
        staff.submits(action="send_again", _selected_action=[str(notice.pk)])
        assert notices.sweep() == 1
