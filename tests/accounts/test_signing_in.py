"""Signing in: which password opens, what is counted for whom, and what a success forgets."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.flows import credentials, sign_in, sign_up
from accounts.flows.sign_in import NotActivated, Place, TooManyTries, WrongCredentials
from accounts.models import User
from ncconnect import ratelimit
from ncconnect.audit.models import Event
from ncconnect.ratelimit import LIMITS, Limit

pytestmark = pytest.mark.django_db

MOANA, TEVA = "moana@exemple.nc", "teva@exemple.nc"
RIGHT, WRONG = "Soleil2024", "Faux2026xy"
HOME, AWAY = Place("203.0.113.7"), Place("198.51.100.4")
KNOWN = Place("203.0.113.7", "d" * 16)
NUMBER = LIMITS["sign_in"].number
HALF = NUMBER // 2


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(timezone.now(), tick=False)


@pytest.fixture
def moana() -> User:
    return User.objects.create_user(MOANA, RIGHT, activated_at=timezone.now())


def tries(password: str = RIGHT, *, email: str = MOANA, place: Place = HOME, **options) -> User:
    """Who is signed in; on which device of theirs, tests/accounts/test_devices.py asks."""
    person, _device = sign_in.sign_in(email=email, password=password, place=place, **options)
    return person


def fails(times: int = 1, **options) -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            tries(WRONG, **options)


def count(name: str, *key: str) -> int:
    return ratelimit.peek(name, *key).count


def own(place: Place = HOME, email: str = MOANA) -> int:
    return count("sign_in", email, place.key)


class TestWhichPassword:
    def test_theirs_and_no_other(self, moana):
        assert tries() == moana
        fails()

    @pytest.mark.parametrize("typed", ["", "x" * 5_000, "x" * 129], ids=len)
    def test_what_nobody_can_have_chosen_opens_nothing(self, moana, typed):
        with pytest.raises(WrongCredentials):
            tries(typed)

    def test_of_an_account_without_one_there_is_none(self, moana):
        moana.set_unusable_password()
        moana.save()
        for typed in ("", WRONG, moana.password):
            with pytest.raises(WrongCredentials):
                tries(typed)

    def test_an_account_that_waits_is_told_with_the_attempt_that_was_meant(self):
        for number, password in ((1, RIGHT), (2, "Le Sien 2024")):
            sign_up.sign_up(
                email=MOANA, password=credentials.encoded(password), language="fr", return_to="/",
                attempt=UUID(int=number), network=None,
            )  # fmt: skip
        with pytest.raises(NotActivated) as told:
            tries(attempts=[UUID(int=1)])
        assert told.value.link.attempt == UUID(int=1)
        fails(attempts=[UUID(int=1)])

    def test_an_unknown_address_takes_a_hash_too(self, monkeypatch):
        hashed = []
        monkeypatch.setattr(
            sign_in, "make_password", lambda text: hashed.append(text) or make_password(text)
        )
        fails(email=TEVA)
        assert hashed == [WRONG]


class TestWhatIsCounted:
    def test_a_failure_for_the_address_and_for_the_network_and_for_nobody_else(self, moana):
        fails()
        assert own() == count("sign_in_account", MOANA) == 1
        assert count("sign_in_network", HOME.network) == count("sign_in_crowd", HOME.network) == 1
        assert own(AWAY) == own(HOME, TEVA) == count("sign_in_account", TEVA) == 0
        assert count("sign_in_network", AWAY.network) == 0
        tries(place=AWAY)
        assert own(AWAY) == count("sign_in_account", MOANA) == 0
        assert own() == count("sign_in_network", HOME.network) == 1

    def test_a_known_device_by_itself(self, moana):
        fails(place=KNOWN)
        assert own(KNOWN) == 1
        assert own(HOME) == 0
        fails(NUMBER - 1, place=Place(AWAY.network, KNOWN.device))  # wherever it is
        with pytest.raises(TooManyTries):
            tries(place=KNOWN)
        assert tries(place=HOME) == tries(place=AWAY) == moana

    def test_beyond_the_number_even_the_right_one_waits_and_a_test_helps(self, moana):
        fails(NUMBER)
        with pytest.raises(TooManyTries) as refused:
            tries()
        assert refused.value.captcha_helps
        assert refused.value.retry_after == LIMITS["sign_in"].window
        assert Event.objects.filter(event="sign_in_limited").count() == 1
        tries(place=AWAY)
        assert tries(captcha_solved=True) == moana

    def test_tests_buy_a_number_of_tries_and_no_more(self, moana):
        fails(NUMBER)
        fails(LIMITS["sign_in_captcha"].number, captcha_solved=True)
        for is_solved in (True, False):
            with pytest.raises(TooManyTries) as refused:
                tries(captcha_solved=is_solved)
            assert not refused.value.captcha_helps
        assert tries(place=AWAY) == moana

    def test_a_network_that_failed_everywhere_tries_no_more_but_on_known_devices(
        self, moana, monkeypatch
    ):
        """A solved test is no proof of a person."""
        monkeypatch.setitem(LIMITS, "sign_in_crowd", Limit(2, 900, "network", ""))
        fails(2, email=TEVA)
        with pytest.raises(TooManyTries) as refused:
            tries(captcha_solved=True)
        assert not refused.value.captcha_helps
        assert tries(place=KNOWN) == tries(place=AWAY) == moana


class TestWhatASuccessForgets:
    """Who has signed in tries anew another day; and it costs a statement only where it helps."""

    @pytest.mark.parametrize(
        ("before", "after"), [(0, 1), (HALF - 1, HALF), (HALF, 0), (HALF + 2, 0)]
    )
    def test_what_was_left_in_the_window_once_that_is_more_than_half_full(
        self, moana, before, after
    ):
        for _ in range(before):
            ratelimit.hit("sign_in", MOANA, HOME.key)
        tries()
        assert own() == after

    @pytest.mark.parametrize(
        "left", [("sign_in_captcha", MOANA, HOME.key), ("sign_in_account", MOANA)]
    )
    def test_each_of_the_others_alone(self, moana, left):
        ratelimit.hit(*left)
        ratelimit.hit("sign_in_account", TEVA)
        tries()
        assert count(*left) == own() == 0
        assert count("sign_in_account", TEVA) == 1

    def test_all_of_it_after_a_test_that_let_them_in(self, moana):
        fails(NUMBER)
        tries(captcha_solved=True)
        assert own() == count("sign_in_captcha", MOANA, HOME.key) == 0
        assert count("sign_in_account", MOANA) == 0
        fails(NUMBER)  # without a test

    def test_nothing_of_what_the_network_has_done(self, moana):
        fails(HALF)
        tries()
        assert count("sign_in_network", HOME.network) == HALF
        assert count("sign_in_crowd", HOME.network) == HALF

    def test_and_a_failure_forgets_nothing(self, moana, time_machine):
        fails(NUMBER)
        time_machine.shift(timedelta(seconds=LIMITS["sign_in"].window))
        fails()
        assert count("sign_in_account", MOANA) == NUMBER + 1
