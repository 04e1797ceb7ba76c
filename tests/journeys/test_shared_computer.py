"""« C’est un ordinateur partagé »: nothing is kept there, and its end is told to its partners."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from accounts import browser
from accounts.flows import sessions
from accounts.models import Device, Session
from accounts.tasks import end_shared_sessions
from ncconnect.audit.models import Event
from oidc_provider.models import Grant, LogoutNotice
from tests.actors import EndUser
from tests.at_once import at_once
from tests.page_forms import form_to
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

IDLE, WHOLE = settings.SHARED_SESSION_IDLE_TIME, settings.SHARED_SESSION_ABSOLUTE_TIME
BOX = re.compile(r'<input type="checkbox" name="shared"[^>]*>')
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(timezone.now(), tick=False)


@pytest.fixture
def library(end_user) -> EndUser:
    """Moana, at the computer of the library."""
    end_user.account = end_user.has_an_account()
    end_user.signs_in(shared="on")
    return end_user


@pytest.fixture
def home(library) -> EndUser:
    """Moana's own computer, where she is signed in as well."""
    person = EndUser(StrictClient(REMOTE_ADDR="198.51.100.7"), library.email, library.password)
    person.signs_in()
    return person


@pytest.fixture
def partner() -> RelyingParty:
    return RelyingParty.registered(backchannel_logout_uri="https://impots.example.nc/fin")


def is_signed_in(person: EndUser) -> bool:
    return person.client.get("/mon-compte/").status_code == 200


def text(response) -> str:
    return " ".join(response.content.decode().replace("\u00a0", " ").split())


class TestSigningIn:
    def test_the_page_offers_it_and_says_for_how_long(self, end_user):
        page = text(end_user.opens("/connexion/"))
        assert "C’est un ordinateur partagé : déconnectez-moi après 15 minutes" in page
        assert "rien n’y sera retenu." in page
        english = text(end_user.opens("/connexion/?lang=en"))
        assert "This is a shared computer: sign me out after 15 minutes" in english

    def test_the_box_is_not_ticked_and_without_it_all_is_as_ever(self, end_user):
        end_user.has_an_account()
        end_user.signs_in()
        session = Session.objects.get()
        assert not session.shared
        assert session.ends_at == timezone.now() + settings.SESSION_ABSOLUTE_TIME

    def test_the_computer_becomes_no_known_device_and_keeps_no_cookie_of_it(self, library):
        assert not Device.objects.exists()
        assert browser.DEVICE not in library.client.cookies
        assert Session.objects.get().device_id is None
        assert library.client.cookies["session"]["max-age"] == ""
        facts = Event.objects.get(event="sign_in").facts
        assert (facts["shared"], facts["known"]) == (True, False)

    def test_one_that_was_known_stays_so_and_is_not_said_to_be_used(self, home, time_machine):
        home.signs_out()
        before = Device.objects.values().get()
        time_machine.shift(timedelta(days=3))
        home.signs_in(shared="on")
        assert Device.objects.values().get() == before
        assert home.client.session.record.device_id is None

    def test_after_a_slip_the_box_is_as_it_was_left(self, end_user):
        end_user.has_an_account()
        for ticked in (None, "on", None):
            page = end_user.signs_in(password="Faux2026xy", shared=ticked)
            assert ("checked" in BOX.search(page.content.decode())[0]) is bool(ticked)

    def test_after_a_test_of_images_too(self, end_user, monkeypatch):
        from ncconnect.ratelimit import LIMITS, Limit
        from tests.actors import solved

        end_user.has_an_account()
        monkeypatch.setitem(LIMITS, "sign_in", Limit(1, 900, "address and place", ""))
        end_user.signs_in(password="Faux2026xy")
        page = end_user.signs_in(shared="on")
        assert page.status_code == 429
        assert "checked" in BOX.search(page.content.decode())[0]
        end_user.signs_in(shared="on", **solved(page))
        assert Session.objects.get().shared

    def test_signing_in_anew_without_the_box_is_a_session_as_any_other(self, library):
        library.signs_in(way="/aide/")
        session = Session.objects.get()
        assert not session.shared
        assert session.expire_date == timezone.now() + settings.SESSION_IDLE_TIME
        assert session.device == Device.objects.get()

    def test_the_list_of_devices_says_so(self, library, home):
        assert text(home.opens("/mon-compte/appareils/")).count("Ordinateur partagé") == 1


class TestItsEnd:
    @pytest.mark.parametrize(("age", "lasts"), [(IDLE - SECOND, True), (IDLE, False)])
    def test_a_quarter_of_an_hour_without_a_visit(self, library, home, time_machine, age, lasts):
        time_machine.shift(age)
        assert is_signed_in(library) is lasts
        assert is_signed_in(home)

    def test_a_visit_moves_it_and_nothing_moves_the_last_one(self, library, time_machine):
        for _ in range(WHOLE // (IDLE - SECOND)):
            time_machine.shift(IDLE - SECOND)
            assert is_signed_in(library)
        assert Session.objects.get().expire_date == Session.objects.get().ends_at
        time_machine.shift(IDLE - SECOND)
        assert not is_signed_in(library)

    def test_running_out_is_told_to_its_partners_and_ends_what_they_hold(
        self, library, home, partner, time_machine
    ):
        partner.tokens(library)
        tokens = partner.tokens(home)
        time_machine.shift(IDLE)
        home.opens("/mon-compte/")
        end_shared_sessions()
        assert Session.objects.get() == home.client.session.record
        assert LogoutNotice.objects.count() == 1
        assert Grant.objects.filter(revoked_at=None).count() == 1
        assert partner.userinfo(tokens["access_token"]).status_code == 200
        event = Event.objects.get(event="session_ended")
        assert (event.user_id, event.facts["reason"]) == (library.account.pk, "shared_over")

    def test_before_it_nothing_is_told(self, library, partner, time_machine):
        partner.tokens(library)
        time_machine.shift(IDLE - SECOND)
        end_shared_sessions()
        assert is_signed_in(library)
        assert not LogoutNotice.objects.exists()

    def test_a_session_of_her_own_that_ran_out_is_no_news(self, home, partner, time_machine):
        """Nobody is sent away from a partner in the middle of a form."""
        partner.tokens(home)
        Session.objects.filter(shared=True).delete()
        time_machine.shift(settings.SESSION_IDLE_TIME)
        end_shared_sessions()
        assert Session.objects.count() == 1
        assert not LogoutNotice.objects.exists()

    def test_however_many_there_are_all_end(self, library, monkeypatch, time_machine):
        monkeypatch.setattr(sessions, "BATCH", 2)
        for _ in range(4):
            EndUser(StrictClient(), library.email, library.password).signs_in(shared="on")
        time_machine.shift(IDLE)
        end_shared_sessions()
        assert not Session.objects.exists()

    def test_a_partner_s_sign_out_ends_all_without_a_question(self, library, partner):
        partner.tokens(library)
        page = library.client.get(partner.logout_address())
        assert page.status_code != 200
        assert not Session.objects.exists()
        assert not is_signed_in(library)

    def test_on_her_own_computer_it_asks(self, home, partner):
        partner.tokens(home)
        assert home.client.get(partner.logout_address()).status_code == 200
        assert is_signed_in(home)

    def test_she_signs_out_as_anywhere(self, library):
        library.opens("/deconnexion/")
        library.sends(form_to(library.page, "/deconnexion/"))
        assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("needs_postgresql")
def test_a_visit_in_the_last_second_meets_the_task(library, time_machine):
    """Z14: the session goes on, or has ended; no page fails."""
    Session.objects.update(
        seen_at=timezone.now() - 2 * SECOND * 60, expire_date=timezone.now() + SECOND
    )
    time_machine.shift(SECOND / 2)
    acts = [lambda: library.client.get("/mon-compte/").status_code, end_shared_sessions] * 2
    outcomes = at_once(4, lambda place: acts[place]())
    assert set(outcomes) <= {200, 302, None}
    time_machine.shift(SECOND)
    end_shared_sessions()
    assert is_signed_in(library) == Session.objects.exists() is True
