"""Many requests at the same instant: the database lets one of them win."""

import threading

import pytest
from django.db import connection, connections

from accounts.captcha import challenge as tests

VISITOR = "a" * 64
THREADS = 20

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _on_postgresql(needs_postgresql):
    """SQLite's in-memory test database is one connection."""


def at_once(act) -> list:
    """What ``act`` returns in each of THREADS threads, let go together, a connection each."""
    barrier, results = threading.Barrier(THREADS), []

    def run():
        barrier.wait()
        try:
            results.append(act())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == THREADS
    return results


def test_of_twenty_right_answers_one_passes():
    test = tests.first(visitor=VISITOR)
    right = sorted(test.right_values)

    def verify():
        mine = tests.find(token=test.token, visitor=VISITOR)
        return tests.verify(challenge=mine, values=right) is not None

    assert sorted(at_once(verify)) == [False] * (THREADS - 1) + [True]


def test_of_twenty_redemptions_one_counts():
    test = tests.first(visitor=VISITOR)
    tests.verify(challenge=test, values=sorted(test.right_values))
    spent = at_once(lambda: tests.redeem(token=test.token, visitor=VISITOR))
    assert sorted(spent) == [False] * (THREADS - 1) + [True]
    assert connection.vendor == "postgresql"
