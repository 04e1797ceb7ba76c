"""Signing in and out, and what a stranger who guesses meets."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts import browser
from accounts.devices import known
from accounts.models import Session, User
from ncconnect.ratelimit import LIMITS
from ncconnect.waiting import Turns
from tests.actors import EndUser, solved
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

WRONG = "L’adresse e-mail ou le mot de passe est incorrect."
SIGN_IN = "/connexion/"


def text(response) -> str:
    return response.content.decode()


def is_signed_in(person: EndUser) -> bool:
    return person.opens("/mon-compte/").request["PATH_INFO"] == "/mon-compte/"


@pytest.fixture
def account(end_user):
    return end_user.has_an_account()


def test_a_person_signs_in_and_sees_their_space(end_user, account):
    page = end_user.signs_in()
    assert page.request["PATH_INFO"] == "/mon-compte/"
    assert account.email in text(page)


def test_any_spelling_of_the_address_is_the_same_account(end_user, account):
    end_user.signs_in(username="  MOANA@Exemple.NC")
    assert is_signed_in(end_user)


def test_every_wrong_combination_is_told_by_one_message(end_user, stranger, account):
    stranger.has_an_account(is_active=False)
    pages = [
        end_user.signs_in(password="Faux2026xy"),
        end_user.signs_in(username="inconnue@exemple.nc"),
        end_user.signs_in(username=stranger.email, password="Faux2026xy"),
    ]
    for page in pages:
        assert WRONG in text(page)
        assert page.status_code == 200


def test_an_account_that_an_operator_left_to_be_activated_is_told_how(end_user):
    end_user.has_an_account(activated_at=None)
    page = end_user.signs_in(way="/aide/")
    assert page.request["PATH_INFO"] == reverse("accounts:password_forgotten")
    assert "Votre compte n’est pas encore activé." in text(page)
    end_user.submits(page.request["PATH_INFO"], {"email": end_user.email})
    end_user.follows_the_link("password_reset")
    end_user.sends(password1=end_user.password, password2=end_user.password, cgu="on")
    end_user.signs_in()
    assert is_signed_in(end_user)


def test_the_password_field_comes_back_empty(end_user, account):
    page = end_user.signs_in(password="Faux2026xy")
    assert "Faux2026xy" not in text(page)
    assert 'value="moana@exemple.nc"' in text(page)


def test_one_hash_is_computed_whether_or_not_the_address_is_known(end_user, account, monkeypatch):
    from accounts import passwords

    hashes = []
    for name in ("encode", "verify"):
        method = getattr(passwords.Argon2idHasher, name)
        monkeypatch.setattr(
            passwords.Argon2idHasher, name, lambda *a, m=method: hashes.append(1) or m(*a)
        )
    end_user.signs_in(password="Faux2026xy")
    known, hashes[:] = len(hashes), []
    end_user.signs_in(username="inconnue@exemple.nc")
    assert known == len(hashes) == 1


def test_an_account_that_waits_leads_to_its_activation_after_the_right_password(end_user):
    end_user.signs_up()
    elsewhere = EndUser(StrictClient(), end_user.email, end_user.password)
    assert WRONG in text(elsewhere.signs_in(password="Faux2026xy"))
    page = elsewhere.signs_in()
    assert "Veuillez activer votre compte" in text(page)
    assert "est maintenant activé" in text(elsewhere.follows_the_link("activation"))


def test_a_suspended_account_is_told_after_the_right_password_only(end_user, account):
    account.is_active = False
    account.save()
    page = end_user.signs_in()
    assert "Compte suspendu" in text(page)
    assert not is_signed_in(end_user)


class TestGuessing:
    NUMBER = LIMITS["sign_in"].number

    def fails(self, person, times, **fields):
        for _ in range(times):
            page = person.signs_in(password="Faux2026xy", **fields)
        return page

    def test_too_many_tries_are_answered_429_with_the_time_to_wait(self, end_user, account):
        self.fails(end_user, self.NUMBER)
        page = end_user.signs_in()
        assert page.status_code == 429
        assert 0 < int(page["Retry-After"]) <= LIMITS["sign_in"].window
        assert "Trop d’essais" in text(page)
        assert not is_signed_in(end_user)

    def test_a_solved_captcha_lets_the_owner_in_at_once(self, end_user, account):
        self.fails(end_user, self.NUMBER)
        end_user.signs_in()
        answer = solved(end_user.page)
        assert answer["captcha_choix"]
        end_user.signs_in(**answer)
        assert is_signed_in(end_user)

    def test_the_captcha_buys_a_limited_number_of_tries(self, end_user, account):
        page = self.fails(end_user, self.NUMBER + 1)
        for _ in range(LIMITS["sign_in_captcha"].number):
            assert "captcha_jeton" in text(page)
            page = end_user.signs_in(password="Faux2026xy", **solved(page))
        page = end_user.signs_in(password="Faux2026xy")
        assert page.status_code == 429
        assert "captcha_jeton" not in text(page)

    def test_after_the_wait_the_right_password_opens(self, end_user, account):
        self.fails(end_user, self.NUMBER + 3)
        with time_machine.travel(timezone.now() + timedelta(seconds=LIMITS["sign_in"].window + 1)):
            end_user.signs_in()
            assert is_signed_in(end_user)

    def test_an_unknown_address_meets_the_same_limit_at_the_same_try(self, end_user):
        statuses = [
            end_user.signs_in(username="inconnue@exemple.nc").status_code
            for _ in range(self.NUMBER + 1)
        ]
        assert statuses == [200] * self.NUMBER + [429]

    def test_spellings_of_one_address_share_one_counter(self, end_user, account):
        self.fails(end_user, self.NUMBER - 1)
        self.fails(end_user, 1, username="MOANA@EXEMPLE.NC ")
        assert end_user.signs_in().status_code == 429

    def test_a_stranger_elsewhere_does_not_slow_the_owner(self, end_user, stranger, account):
        self.fails(stranger, self.NUMBER + 5, username=end_user.email)
        end_user.signs_in()
        assert is_signed_in(end_user)

    def test_a_stranger_on_the_same_network_does_not_slow_a_known_device(self, end_user, account):
        end_user.signs_in()
        end_user.signs_out()
        neighbour = EndUser(StrictClient(), email=end_user.email)
        self.fails(neighbour, self.NUMBER + 5)
        end_user.signs_in()
        assert is_signed_in(end_user)

    def test_a_device_is_known_for_its_people_and_for_nobody_else(self, end_user, account, rf):
        """A neighbour who signs in here is no more at home in Moana's account for it."""
        neighbour = EndUser(StrictClient(), email="voisin@exemple.nc")
        neighbour.has_an_account()
        neighbour.signs_in()
        request = rf.get("/")
        request.COOKIES = {k: v.value for k, v in neighbour.client.cookies.items()}
        named = browser.devices(request)
        assert known.name(neighbour.email, named)
        assert known.name(end_user.email, named) == ""

    def test_a_forged_header_is_not_another_network(self, end_user, account):
        for number in range(self.NUMBER):
            end_user.client.defaults["HTTP_X_FORWARDED_FOR"] = f"192.0.2.{number}"
            self.fails(end_user, 1)
        assert end_user.signs_in().status_code == 429

    def test_one_password_tried_on_many_addresses_trips_the_network(self, end_user, monkeypatch):
        from ncconnect.ratelimit import Limit

        monkeypatch.setitem(LIMITS, "sign_in_network", Limit(5, 900, "network", ""))
        for number in range(5):
            end_user.signs_in(username=f"cible{number}@exemple.nc")
        assert end_user.signs_in(username="autre@exemple.nc").status_code == 429

    @pytest.mark.parametrize("limit", ["sign_in_network", "sign_in_crowd"])
    def test_failures_around_it_do_not_stop_a_known_device(
        self, end_user, account, monkeypatch, limit
    ):
        """Neither its school, nor a stranger on its network, nor the people of one router."""
        from ncconnect.ratelimit import Limit

        end_user.signs_in()
        end_user.signs_out()
        monkeypatch.setitem(LIMITS, limit, Limit(3, 900, "network", ""))
        neighbour = EndUser(StrictClient(), email="voisin@exemple.nc")
        neighbour.has_an_account()
        for number in range(4):
            EndUser(StrictClient()).signs_in(username=f"cible{number}@exemple.nc")
        assert neighbour.signs_in().status_code == 429
        end_user.signs_in()
        assert is_signed_in(end_user)
        assert not is_signed_in(neighbour)

    @pytest.mark.parametrize("limit", ["sign_in_network", "sign_in_crowd"])
    def test_a_known_device_is_known_for_its_person_only(
        self, end_user, account, monkeypatch, limit
    ):
        """A robot that signed in to an account of its own tries no others by it."""
        from ncconnect.ratelimit import Limit

        end_user.signs_in()
        end_user.signs_out()
        monkeypatch.setitem(LIMITS, limit, Limit(3, 900, "network", ""))
        for number in range(3):
            end_user.signs_in(username=f"cible{number}@exemple.nc")
        assert end_user.signs_in(username="autre@exemple.nc").status_code == 429
        self.fails(end_user, self.NUMBER)
        assert end_user.signs_in().status_code == 429  # by its own failures

    def attacked(self, end_user, monkeypatch):
        """Strangers everywhere have failed on this address, as often as they like."""
        from ncconnect.ratelimit import Limit

        monkeypatch.setitem(LIMITS, "sign_in_account", Limit(3, 3600, "address", ""))
        for number in range(3):
            far = EndUser(StrictClient(REMOTE_ADDR=f"192.0.2.{number}"), email=end_user.email)
            self.fails(far, 1)

    def test_strangers_shut_nobody_out_who_has_the_password_and_solves_a_test(
        self, end_user, account, monkeypatch
    ):
        """On a new telephone, in the middle of an attack from everywhere."""
        self.attacked(end_user, monkeypatch)
        page = end_user.signs_in()
        assert page.status_code == 429
        assert not is_signed_in(end_user)
        end_user.signs_in(**solved(page))
        assert is_signed_in(end_user)

    def test_meanwhile_a_stranger_elsewhere_tries_no_password_without_a_test(
        self, end_user, stranger, account, monkeypatch
    ):
        self.attacked(end_user, monkeypatch)
        assert stranger.signs_in(username=end_user.email).status_code == 429
        assert not is_signed_in(stranger)

    def test_meanwhile_a_known_device_needs_none_and_other_people_neither(
        self, end_user, stranger, account, monkeypatch
    ):
        stranger.has_an_account()
        end_user.signs_in()
        end_user.signs_out()
        self.attacked(end_user, monkeypatch)
        end_user.signs_in()
        assert is_signed_in(end_user)
        stranger.signs_in()
        assert is_signed_in(stranger)

    def test_no_limit_on_an_address_alone_lasts_longer_than_an_hour(self):
        for name in ("sign_in", "sign_in_captcha", "sign_in_account"):
            assert LIMITS[name].window <= 3600

    def test_the_page_does_not_ask_to_wait_and_not_to_wait(self, end_user, account):
        page = text(self.fails(end_user, self.NUMBER + 1))
        assert "Vous n’avez pas à attendre" in page
        assert "attendez" not in page
        for _ in range(LIMITS["sign_in_captcha"].number):
            end_user.signs_in(password="Faux2026xy", **solved(end_user.page))
        page = text(end_user.signs_in())
        assert re.search(r"attendez\s+\d+\s+minutes", page)
        assert "test ci-dessous" not in page


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
            assert not is_signed_in(thief)

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
            assert is_signed_in(end_user)
        with time_machine.travel(now + timedelta(minutes=58)):
            assert is_signed_in(end_user)
        with time_machine.travel(now + timedelta(minutes=90)):
            assert not is_signed_in(end_user)

    def test_it_ends_after_twelve_hours_whatever_the_activity(self, end_user, account):
        end_user.signs_in()
        now = timezone.now()
        for quarter in range(1, 48):
            with time_machine.travel(now + timedelta(minutes=15 * quarter)):
                assert is_signed_in(end_user)
        with time_machine.travel(now + timedelta(hours=12, seconds=1)):
            assert not is_signed_in(end_user)

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
        assert not is_signed_in(end_user)

    def test_an_account_that_is_not_active_any_more_is_not_in(self, end_user, stranger, account):
        stranger.has_an_account()
        for person in (end_user, stranger):
            person.signs_in()
        User.objects.filter(pk=account.pk).update(activated_at=None)
        assert not is_signed_in(end_user)
        assert is_signed_in(stranger)

    def test_anonymous_visits_write_no_session(self, client):
        for url in ("/", SIGN_IN, "/inscription/", "/mot-de-passe-oublie/", "/aide/"):
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
        assert is_signed_in(end_user)
        page = end_user.signs_out()
        assert 'id="logged-out"' in text(page)
        assert not is_signed_in(end_user)

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


def test_a_foreign_next_is_not_followed(end_user, account):
    page = end_user.signs_in(way="https://evil.example/")
    assert page.request["PATH_INFO"] == "/mon-compte/"


def test_a_post_without_a_csrf_token_is_refused_in_words(account):
    page = StrictClient().post(SIGN_IN, {"username": account.email, "password": "Tortue Luth 2026"})
    assert page.status_code == 403
    assert "Votre navigateur bloque les cookies nécessaires" in text(page)


def test_the_page_has_the_hooks_that_the_outside_relies_on(client):
    page = text(client.get(SIGN_IN))
    assert 'id="login-title"' in page
    assert re.search(r'<form[^>]*id="login"', page)
    for name in ("username", "password"):
        assert f'name="{name}"' in page
    assert 'type="submit"' in page


def test_beyond_the_cap_on_hashes_the_answer_is_an_honest_503(end_user, account, monkeypatch):
    from accounts import passwords

    monkeypatch.setattr(passwords, "slots", lambda: Turns([], waiting=0, patience=0))
    page = end_user.signs_in()
    assert page.status_code == 503
    assert page["Retry-After"] == "5"
