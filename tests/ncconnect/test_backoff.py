"""Waits that double: exact, and each for its own key."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ncconnect import ratelimit
from ncconnect.ratelimit import BACKOFFS, backoff

pytestmark = pytest.mark.django_db

NAMES = sorted(BACKOFFS)


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(timezone.now(), tick=False)


def fails(name: str, times: int, *key: str) -> int:
    return [backoff.failed(name, *key) for _failure in range(times)][-1]


@pytest.mark.parametrize("name", NAMES)
def test_the_first_failures_are_free(name):
    fails(name, BACKOFFS[name].free - 1, "a")
    assert backoff.wait(name, "a") == 0


@pytest.mark.parametrize("name", NAMES)
def test_each_failure_beyond_waits_twice_as_long_up_to_the_longest(name):
    rule = BACKOFFS[name]
    waits = [backoff.failed(name, "a") for _failure in range(rule.free + 10)][rule.free - 1 :]
    assert waits[:3] == [rule.first, 2 * rule.first, 4 * rule.first]
    assert waits[-1] == rule.longest
    assert backoff.wait(name, "a") == rule.longest


@pytest.mark.parametrize("name", NAMES)
def test_the_wait_runs_out(name, time_machine):
    fails(name, BACKOFFS[name].free, "a")
    time_machine.shift(timedelta(seconds=BACKOFFS[name].first - 1))
    assert backoff.wait(name, "a") == 1
    time_machine.shift(timedelta(seconds=1))
    assert backoff.wait(name, "a") == 0


@pytest.mark.parametrize("name", NAMES)
def test_failures_are_forgotten_in_the_end(name, time_machine):
    fails(name, BACKOFFS[name].free + 3, "a")
    time_machine.shift(timedelta(seconds=BACKOFFS[name].memory))
    assert backoff.failed(name, "a") == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_success_forgets_the_failures_of_its_key_and_no_other(name):
    for key in ("a", "b"):
        fails(name, BACKOFFS[name].free, key)
    backoff.succeeded(name, "a")
    assert backoff.wait(name, "a") == 0
    assert backoff.wait(name, "b") == BACKOFFS[name].first


def test_an_unknown_wait_is_a_mistake():
    for act in (backoff.failed, backoff.wait):
        with pytest.raises(KeyError):
            act("no_such_wait", "a")


@pytest.mark.parametrize(
    ("network", "site"),
    [("192.0.2.1", ""), ("", ""), ("2001:db8:1:2::/64", "2001:db8:1::/48")],
)
def test_the_site_of_a_network_is_the_48_around_it(network, site):
    assert ratelimit.site(network) == site
