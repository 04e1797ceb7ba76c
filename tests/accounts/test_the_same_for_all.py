"""A form that takes an address does the same for every address: its time tells nothing.

Statements are counted and compared; how long they take is measured by benchmarks/same_for_all.py.
"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.actors import EndUser
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

APART = re.compile(r"SAVEPOINT|RELEASE|PREPARE")  # of a test, and once for each connection
VALUES = re.compile(r" VALUES| WHERE| SET |(?<=EXECUTE nc_.{16})\(")
KINDS = ("known", "suspended", "unknown")


@pytest.fixture
def people(settings):
    """Somebody in front of a browser of their own, for an address of each kind."""
    settings.CAPTCHA_BACKEND = "none"
    found = {}
    for number, kind in enumerate(KINDS):
        client = StrictClient(REMOTE_ADDR=f"192.0.2.{number}")
        found[kind] = EndUser(client, email=f"{kind}@exemple.nc")
    found["known"].has_an_account()
    found["suspended"].has_an_account(is_active=False)
    return found


def statements(act) -> list[str]:
    """What is asked of the database, without the values."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        act()
    kept = [query["sql"] for query in captured if not APART.match(query["sql"])]
    return [VALUES.split(text)[0] for text in kept]


def are_the_same(people, act) -> None:
    known, suspended, unknown = (statements(lambda kind=kind: act(people[kind])) for kind in KINDS)
    assert known == unknown
    assert suspended == unknown
    assert len(known) > 1


def test_a_forgotten_password(people):
    are_the_same(
        people, lambda person: person.submits("/mot-de-passe-oublie/", {"email": person.email})
    )


def test_signing_up(people):
    are_the_same(people, lambda person: person.signs_up())
    assert User.objects.filter(email="unknown@exemple.nc").exists()


def test_having_the_mail_sent_again(people):
    for person in people.values():
        person.signs_up()
    are_the_same(people, lambda person: person.sends())


def test_signing_in_with_a_wrong_password(people):
    are_the_same(people, lambda person: person.signs_in(password="Faux2026xy"))


def test_an_attempt_on_a_known_address_leaves_nothing_that_opens_it(people):
    people["known"].signs_up()
    link = User.objects.get(email="known@exemple.nc").links.get()
    assert link.superseded_at
    assert link.password == ""
    assert people["known"].mails("activation") == []
