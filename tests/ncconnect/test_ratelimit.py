"""Limits: exact, whatever comes at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from ncconnect import metrics, ratelimit
from ncconnect.ratelimit.models import Counter, purge

pytestmark = pytest.mark.django_db

NAME = "sign_in"
NUMBER = ratelimit.LIMITS[NAME].number
WINDOW = ratelimit.LIMITS[NAME].window


def test_the_number_is_allowed_and_not_one_more():
    verdicts = [ratelimit.hit(NAME, "a") for _ in range(NUMBER + 2)]
    assert [v.allowed for v in verdicts] == [True] * NUMBER + [False] * 2
    assert verdicts[0].retry_after == 0
    assert 0 < verdicts[-1].retry_after <= WINDOW


def test_each_key_and_each_limit_counts_alone():
    for _ in range(NUMBER):
        ratelimit.hit(NAME, "a", "network")
    assert ratelimit.hit(NAME, "b", "network").count == 1
    assert ratelimit.hit("sign_in_captcha", "a", "network").count == 1


def test_a_key_is_not_its_parts_run_together():
    ratelimit.hit(NAME, "ab", "c")
    assert ratelimit.hit(NAME, "a", "bc").count == 1


def test_the_window_closes_at_its_time_whoever_knocks_meanwhile(time_machine):
    time_machine.move_to("2026-11-22T10:00:00Z", tick=False)
    for _ in range(NUMBER):
        ratelimit.hit(NAME, "a")
    time_machine.shift(WINDOW - 1)
    assert ratelimit.hit(NAME, "a").retry_after == 1
    time_machine.shift(1)
    assert ratelimit.peek(NAME, "a").allowed
    assert ratelimit.hit(NAME, "a").count == 1


def test_to_peek_is_not_to_count(time_machine):
    time_machine.move_to("2026-11-22T10:00:00Z", tick=False)
    for number in range(NUMBER):
        assert ratelimit.peek(NAME, "a") == ratelimit.Verdict(True, 0, number)
        ratelimit.hit(NAME, "a")
    assert ratelimit.peek(NAME, "a") == ratelimit.Verdict(False, WINDOW, NUMBER)


def test_who_counts_and_peeks_at_once_learns_of_each_key_what_a_peek_tells(time_machine):
    time_machine.move_to("2026-11-22T10:00:00Z", tick=False)
    for _ in range(NUMBER):
        ratelimit.hit(NAME, "full")
    ratelimit.hit(NAME, "begun")
    keys = [("sign_in_captcha", "a"), (NAME, "full"), (NAME, "begun"), ("forms", "a")]
    counted, *seen = ratelimit.hit_and_peek((NAME, "a"), *keys)
    assert counted.count == 1
    assert [(each.allowed, each.count) for each in seen] == [
        *((True, 0), (False, NUMBER), (True, 1), (True, 0))
    ]
    assert seen == [ratelimit.peek(*key) for key in keys]


def test_a_refusal_is_a_figure_of_its_limit_and_names_nobody():
    def figures() -> dict[str, float]:
        return {
            sample.labels["limit"]: sample.value
            for sample in next(iter(metrics.LIMITED.collect())).samples
            if sample.name.endswith("_total")
        }

    before = figures()
    for _ in range(NUMBER):
        ratelimit.hit(NAME, "moana@exemple.nc", "192.0.2.1")
    assert figures() == before
    ratelimit.hit(NAME, "moana@exemple.nc", "192.0.2.1")
    ratelimit.hit_and_peek(("forms", "192.0.2.1"), (NAME, "moana@exemple.nc", "192.0.2.1"))
    assert figures() == before | {NAME: before.get(NAME, 0) + 2}


def test_a_reset_forgets_one_key():
    ratelimit.hit(NAME, "a")
    ratelimit.hit(NAME, "b")
    ratelimit.reset(NAME, "a")
    assert ratelimit.peek(NAME, "a").count == 0
    assert ratelimit.peek(NAME, "b").count == 1


def test_an_unknown_limit_is_a_mistake():
    for act in (ratelimit.hit, ratelimit.peek, ratelimit.reset):
        with pytest.raises(KeyError, match="no_such_limit"):  # and says nobody's address
            act("no_such_limit", "network", "moana@exemple.nc")


def test_an_upgrade_opens_no_new_window_to_who_guesses():
    """What an earlier version counted, under the key that it wrote."""
    Counter.objects.create(key=4474634112972646616, count=NUMBER, expires_at=2**40)
    assert not ratelimit.hit(NAME, "moana@exemple.nc", "192.0.2.1").allowed
    assert ratelimit.hit(NAME, "teva@exemple.nc", "192.0.2.1").allowed


def test_the_table_names_nobody():
    ratelimit.hit(NAME, "moana@exemple.nc", "192.0.2.1")
    row = Counter.objects.values().get()
    assert "moana" not in str(row)
    assert "192.0.2.1" not in str(row)


@pytest.mark.parametrize(
    ("network", "site"),
    [
        ("2001:db8:2:1::/64", "2001:db8:2::/48"),
        ("2001:db8:3:ffff::/64", "2001:db8:3::/48"),
        ("192.0.2.1", ""),
    ],
)
def test_the_site_of_a_network_is_what_one_customer_may_hold(network, site):
    assert ratelimit.site(network) == site


def test_one_statement_a_hit(django_assert_num_queries):
    with django_assert_num_queries(1):
        ratelimit.hit(NAME, "a")


def test_closed_windows_are_purged(time_machine):
    time_machine.move_to("2026-11-22T10:00:00Z", tick=False)
    ratelimit.hit(NAME, "a")
    time_machine.shift(WINDOW)
    ratelimit.hit(NAME, "b")
    assert purge() == 1
    assert ratelimit.peek(NAME, "b").count == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_hits_at_the_same_instant_never_pass_the_number(needs_postgresql):
    def knock(_):
        try:
            return ratelimit.hit(NAME, "a").allowed
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(knock, range(50))) == NUMBER


@pytest.mark.slow
def test_fifty_hits_at_once_on_the_embedded_database(installation):
    installation.migrate()
    counts = installation.run("""
        from concurrent.futures import ThreadPoolExecutor
        from ncconnect import ratelimit
        with ThreadPoolExecutor(50) as pool:
            verdicts = list(pool.map(lambda _: ratelimit.hit("sign_in", "a"), range(50)))
        each_once = sorted(v.count for v in verdicts) == [*range(1, 51)]
        print(sum(v.allowed for v in verdicts), each_once)
    """)
    assert counts == f"{NUMBER} True"
