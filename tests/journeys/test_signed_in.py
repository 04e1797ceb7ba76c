"""A browser that is signed in: its session, from the cookie to the sign-out."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Session, User
from tests.actors import EndUser
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


class TestSession:
    def test_the_cookie_is_new_after_signing_in_and_dead_after_signing_out(self, end_user, account):
        end_user.signs_in()
        first = end_user.client.cookies["session"].value
        end_user.signs_in(way="/aide/")
        second = end_user.client.cookies["session"].value
        assert first != second
        end_user.signs_out()
        assert not Session.objects.exists()
        for value in (first, second):
            thief = EndUser(StrictClient())
            thief.client.cookies["session"] = value
            assert not thief.is_signed_in()

    def test_the_table_does_not_hold_the_cookie(self, end_user, account):
        end_user.signs_in()
        cookie = end_user.client.cookies["session"].value
        assert cookie not in str(Session.objects.values_list().get())

    def test_the_row_says_who_when_how_and_on_what(self, end_user, account):
        agent = "Mozilla/5.0 (Linux; Android 9) AppleWebKit Chrome/120.0 Mobile Safari/537.36"
        end_user.client.defaults["HTTP_USER_AGENT"] = agent
        end_user.signs_in()
        session = Session.objects.get()
        assert session.user == account
        assert session.device_label == "Chrome sur Android"
        assert (session.methods, session.acr) == ("pwd", "eidas1")
        assert timezone.now() - session.authenticated_at < timedelta(minutes=1)

    def test_signing_in_again_keeps_the_session_and_renews_its_authentication(
        self, end_user, account
    ):
        end_user.signs_in()
        before = Session.objects.get()
        with time_machine.travel(timezone.now() + timedelta(minutes=5)):
            end_user.signs_in(way="/aide/")
            after = Session.objects.get()
        assert after.id == before.id
        assert after.session_key != before.session_key
        assert after.authenticated_at > before.authenticated_at

    def test_it_ends_after_half_an_hour_without_a_request(self, end_user, account):
        now = timezone.now()
        end_user.signs_in()
        with time_machine.travel(now + timedelta(minutes=29)):
            assert end_user.is_signed_in()
        with time_machine.travel(now + timedelta(minutes=58)):
            assert end_user.is_signed_in()
        with time_machine.travel(now + timedelta(minutes=90)):
            assert not end_user.is_signed_in()

    def test_it_ends_after_twelve_hours_whatever_the_activity(self, end_user, account):
        end_user.signs_in()
        now = timezone.now()
        for quarter in range(1, 48):
            with time_machine.travel(now + timedelta(minutes=15 * quarter)):
                assert end_user.is_signed_in()
        with time_machine.travel(now + timedelta(hours=12, seconds=1)):
            assert not end_user.is_signed_in()

    def test_another_person_in_the_same_browser_ends_the_first_session(
        self, end_user, stranger, account
    ):
        stranger.has_an_account()
        end_user.signs_in()
        end_user.signs_in(username=stranger.email, password=stranger.password, way="/aide/")
        assert Session.objects.get().user.email == stranger.email

    def test_suspending_an_account_ends_what_it_opened(self, end_user, account):
        end_user.signs_in()
        account.is_active = False
        account.save()
        assert not end_user.is_signed_in()

    def test_an_account_that_is_not_active_any_more_is_not_in(self, end_user, stranger, account):
        stranger.has_an_account()
        for person in (end_user, stranger):
            person.signs_in()
        User.objects.filter(pk=account.pk).update(activated_at=None)
        assert not end_user.is_signed_in()
        assert stranger.is_signed_in()

    def test_anonymous_visits_write_no_session(self, client):
        for url in ("/", "/connexion/", "/inscription/", "/mot-de-passe-oublie/", "/aide/"):
            assert client.get(url).status_code == 200
        assert not Session.objects.exists()
        assert "session" not in client.cookies

    def test_personal_pages_are_not_kept_by_the_browser(self, end_user, account):
        end_user.signs_in()
        assert "no-store" in end_user.opens("/mon-compte/")["Cache-Control"]


class TestSigningOut:
    def test_a_get_asks_and_a_post_signs_out(self, end_user, account):
        end_user.signs_in()
        assert "Se déconnecter" in text(end_user.opens("/deconnexion/"))
        assert end_user.is_signed_in()
        page = end_user.signs_out()
        assert 'id="logged-out"' in text(page)
        assert not end_user.is_signed_in()

    @pytest.mark.parametrize("address", ["/deconnexion/terminee/", "/oidc/deconnecte/"])
    def test_nobody_hears_so_who_is_still_signed_in(self, end_user, account, address):
        """On a shared computer they would leave, and believe it."""
        assert 'id="logged-out"' in text(end_user.opens(address))
        end_user.signs_in()
        page = end_user.opens(address)
        assert 'id="logged-out"' not in text(page)
        assert page.request["PATH_INFO"] == "/deconnexion/"

    def test_it_does_no_harm_when_nobody_is_signed_in(self, end_user):
        assert 'id="logged-out"' in text(end_user.signs_out())
