"""A mail that leaves late carries a link that lives: its time begins when the mail leaves."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.conf import settings as configured
from django.core import mail as django_mail
from django.utils import timezone

from accounts import browser, links, mail_pace
from accounts.flows import invitation
from accounts.models import Invitation, OneTimeLink, User
from ncconnect.mail import delivery
from ncconnect.mail.models import Outbox
from ncconnect.ratelimit import LIMITS, Limit
from tests.actors import EndUser, link_of
from tests.page_forms import form_to
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

FORGOTTEN = "/mot-de-passe-oublie/"
NEW = "Nouveau Lagon 2026"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    return time_machine


class NoServer:
    """A mail server that hangs up."""

    def open(self):
        raise SMTPServerDisconnected

    def close(self):
        """Nothing was opened."""


@pytest.fixture
def outage(monkeypatch, clock):
    """Nothing leaves for so long; then the server is back, and what waits is due."""

    def lasts(time: timedelta) -> None:
        with monkeypatch.context() as during:
            during.setattr(delivery, "get_connection", NoServer)
            assert delivery.sweep() == 0
        clock.shift(time)
        Outbox.objects.filter(state=Outbox.State.PENDING).update(
            next_at=timezone.now(), leased_until=None
        )

    return lasts


def asks_for_a_link(person: EndUser):
    person.opens(FORGOTTEN)
    return person.sends(person.form("email"), email=person.email)


def mailed_address() -> str:
    """The link of the last mail that left."""

    class Left:
        text = django_mail.outbox[-1].body

    return link_of(Left)


def test_a_reset_mail_that_left_five_hours_late_opens_its_page(end_user, outage, clock):
    end_user.has_an_account()
    asks_for_a_link(end_user)
    outage(timedelta(hours=5))
    assert delivery.sweep() == 1
    clock.shift(configured.PASSWORD_RESET_LINK_TIME - timedelta(minutes=1))
    assert "Choisir un nouveau mot de passe" in end_user.opens(mailed_address()).content.decode()
    end_user.submits(password1=NEW, password2=NEW)
    assert User.objects.get().check_password(NEW)


def test_its_time_ends_an_hour_after_it_left_however_often_it_is_looked_at(end_user, outage, clock):
    end_user.has_an_account()
    asks_for_a_link(end_user)
    outage(timedelta(hours=5))
    delivery.sweep()
    clock.shift(configured.PASSWORD_RESET_LINK_TIME + timedelta(seconds=1))
    end_user.mails("password_reset")  # rendered again: nothing leaves
    assert end_user.opens(mailed_address()).status_code == 410


def test_the_activation_mail_of_an_outage_has_its_whole_day_too(end_user, outage, clock):
    end_user.signs_up()
    outage(timedelta(hours=20))
    assert delivery.sweep() == 1
    clock.shift(configured.ACTIVATION_LINK_TIME - timedelta(minutes=1))
    end_user.opens(mailed_address())
    assert User.objects.get().is_activated


def test_an_invitation_that_left_late_lives_from_then_unless_it_was_used(outage, clock):
    person = EndUser(StrictClient())
    invitation.invite(email=person.email)
    outage(timedelta(hours=20))
    assert delivery.sweep() == 1
    sent = Invitation.objects.get()
    assert sent.expires_at == timezone.now() + invitation.LIFETIME
    assert invitation.use(sent)
    Outbox.objects.update(state=Outbox.State.PENDING, next_at=timezone.now(), leased_until=None)
    clock.shift(timedelta(hours=1))
    assert delivery.sweep() == 0
    assert Invitation.objects.get().expires_at == sent.expires_at
    assert not Outbox.objects.exists()


@pytest.mark.parametrize("ended", ["used_at", "superseded_at"])
@pytest.mark.parametrize("name", ["activation", "password_reset"])
def test_a_link_that_was_ended_meanwhile_is_not_mailed_any_more(end_user, outage, ended, name):
    if name == "password_reset":
        end_user.has_an_account()
        asks_for_a_link(end_user)
    else:
        end_user.signs_up()
    outage(timedelta(minutes=5))  # its row is there now: it was tried
    OneTimeLink.objects.update(**{ended: timezone.now()})
    before = OneTimeLink.objects.get().expires_at
    assert delivery.sweep() == 0
    assert django_mail.outbox == []
    assert not Outbox.objects.exists()
    assert OneTimeLink.objects.get().expires_at == before


def test_the_link_of_somebody_else_keeps_its_time(end_user, stranger, outage):
    for person in (end_user, stranger):
        person.has_an_account()
    other = links.issue(
        user=User.objects.get(email=stranger.email),
        purpose=OneTimeLink.Purpose.PASSWORD_RESET,
        lifetime=timedelta(minutes=1),
    )
    asks_for_a_link(end_user)
    outage(timedelta(hours=2))
    delivery.sweep()
    former = other.expires_at
    other.refresh_from_db()
    assert other.expires_at == former


class TestTheBrowserThatSignedUp:
    """It activates by one click, however late the link is: it does not forget before the link."""

    @pytest.fixture(autouse=True)
    def _crowded(self, monkeypatch):
        monkeypatch.setattr(mail_pace, "STEP", timedelta(days=2))
        steps = dict.fromkeys(mail_pace._STEPS, timedelta(days=2))
        monkeypatch.setattr(mail_pace, "_STEPS", steps)
        for name in ("sign_up", "sign_up_day"):
            monkeypatch.setitem(LIMITS, name, Limit(0, 86400, "network", ""))

    def receives_the_latest_mail(self, person: EndUser, outage, clock) -> None:
        """Paced as long as can be, then tried as long as can be, then read at the last moment."""
        person.signs_up()
        clock.shift(configured.PACED_MAIL_TIME)
        outage(configured.MAIL_TIME - timedelta(minutes=2))
        assert delivery.sweep() == 1
        clock.shift(configured.ACTIVATION_LINK_TIME - timedelta(minutes=1))

    def test_activates_by_the_latest_link_that_can_be(self, end_user, outage, clock):
        self.receives_the_latest_mail(end_user, outage, clock)
        end_user.opens(mailed_address())
        assert User.objects.get().is_activated

    def test_another_browser_is_asked_for_the_password(self, end_user, stranger, outage, clock):
        self.receives_the_latest_mail(end_user, outage, clock)
        stranger.opens(mailed_address())
        assert not User.objects.get().is_activated

    def test_has_the_time_anew_when_the_mail_is_sent_again_and_nobody_else_has(
        self, end_user, stranger, outage, clock
    ):
        waiting = end_user.signs_up().wsgi_request.get_full_path()
        clock.shift(configured.ATTEMPT_TIME - timedelta(minutes=5))
        for person in (stranger, end_user):
            person.opens(waiting)
            person.sends(form_to(person.page, "/inscription/verification/"))
            clock.shift(timedelta(minutes=2))
        assert browser.ATTEMPT not in stranger.client.cookies
        morsel = end_user.client.cookies[browser.ATTEMPT]
        assert morsel["max-age"] == configured.ATTEMPT_TIME.total_seconds()
        clock.shift(timedelta(days=1))
        assert delivery.sweep() >= 1
        end_user.opens(mailed_address())
        assert User.objects.get().is_activated
