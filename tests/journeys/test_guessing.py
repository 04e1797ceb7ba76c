"""What a stranger who guesses passwords meets, and what their guessing does to nobody else."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import browser
from accounts.devices import known
from ncconnect.ratelimit import LIMITS
from tests.actors import EndUser, solved
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


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
        assert not end_user.is_signed_in()

    def test_a_solved_captcha_lets_the_owner_in_at_once(self, end_user, account):
        self.fails(end_user, self.NUMBER)
        end_user.signs_in()
        answer = solved(end_user.page)
        assert answer["captcha_choix"]
        end_user.signs_in(**answer)
        assert end_user.is_signed_in()

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
            assert end_user.is_signed_in()

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
        assert end_user.is_signed_in()

    def test_a_stranger_on_the_same_network_does_not_slow_a_known_device(self, end_user, account):
        end_user.signs_in()
        end_user.signs_out()
        neighbour = EndUser(StrictClient(), email=end_user.email)
        self.fails(neighbour, self.NUMBER + 5)
        end_user.signs_in()
        assert end_user.is_signed_in()

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
        assert end_user.is_signed_in()
        assert not neighbour.is_signed_in()

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
        assert not end_user.is_signed_in()
        end_user.signs_in(**solved(page))
        assert end_user.is_signed_in()

    def test_meanwhile_a_stranger_elsewhere_tries_no_password_without_a_test(
        self, end_user, stranger, account, monkeypatch
    ):
        self.attacked(end_user, monkeypatch)
        assert stranger.signs_in(username=end_user.email).status_code == 429
        assert not stranger.is_signed_in()

    def test_meanwhile_a_known_device_needs_none_and_other_people_neither(
        self, end_user, stranger, account, monkeypatch
    ):
        stranger.has_an_account()
        end_user.signs_in()
        end_user.signs_out()
        self.attacked(end_user, monkeypatch)
        end_user.signs_in()
        assert end_user.is_signed_in()
        stranger.signs_in()
        assert stranger.is_signed_in()

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
