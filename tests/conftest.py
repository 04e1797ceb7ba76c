"""Fixtures for every test."""

import functools
import time
from dataclasses import replace

import pytest

from tests.environment import (  # noqa: F401  (it sets what Django reads; pytest calls these)
    pytest_collection_finish,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_report_header,
    pytest_unconfigure,
    pytest_xdist_setupnodes,
)

# Models are imported inside the fixtures: Django is set up after this file is read.


@pytest.fixture
def client():
    """A browser without JavaScript, that refuses what our CSP forbids."""
    from tests.strict_client import StrictClient

    return StrictClient()


@pytest.fixture
def end_user(client):
    """A person in front of a browser."""
    from tests.actors import EndUser

    return EndUser(client)


@pytest.fixture
def stranger():
    """Another person, in front of another browser, on another network."""
    from tests.actors import EndUser
    from tests.strict_client import StrictClient

    return EndUser(StrictClient(REMOTE_ADDR="203.0.113.9"), email="quelquun@exemple.nc")


@pytest.fixture
def needs_postgresql() -> None:
    """What only a server with row locks and real threads can show."""
    from django.db import connection

    if connection.vendor != "postgresql":
        pytest.skip("runs on PostgreSQL")


@pytest.fixture(autouse=True)
def _nobody_s_language():
    """A thread keeps the language of the last visitor that it answered."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(autouse=True)
def _empty_cache():
    from django.core.cache import cache

    from oidc_provider.partners import relying_parties

    cache.clear()
    relying_parties.forget_all()


@pytest.fixture(autouse=True)
def _young_ring(monkeypatch):
    """The ring is not read anew in the middle of a test, whose database may have no key yet.

    The one that each test begins with is in no database: whichever test happens to ask first, it
    writes no key and no event, and none that other tests would meet.
    """
    from oidc_provider.keys import keyring
    from tests.keys_made_before import drawn_by

    keyring._ring = replace(_first_ring(), read_at=time.monotonic())
    monkeypatch.setattr(keyring, "generate", drawn_by(keyring.generate))


@functools.cache
def _first_ring():
    from oidc_provider.keys import keyring

    keys = [keyring.generate(algorithm) for algorithm in keyring.ALGORITHMS]
    return keyring.Ring({key["alg"]: key for key in keys}, {key["kid"]: key for key in keys})


@pytest.fixture(scope="session")
def django_db_setup(request, django_db_blocker):
    """From a copy where it is SQLite. On PostgreSQL, a test of real threads empties all tables at
    its end: the trail too, which forbids it."""
    from django.db import connection

    from tests.template_database import beginning_with_a_copy

    if connection.vendor == "sqlite":
        with beginning_with_a_copy():
            request.getfixturevalue("django_db_setup")
        return
    request.getfixturevalue("django_db_setup")
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_is_not_emptied")


@pytest.fixture
def own_servers(needs_postgresql):
    """DATABASE_URL and REDIS_URL for programs that a test starts: an empty database of their own.

    Nothing that they commit is seen by other tests.
    """
    from tests import servers

    if not servers.has_redis():
        pytest.skip("runs on Redis")
    with servers.empty_database() as database_url:
        yield {"DATABASE_URL": database_url, "REDIS_URL": servers.empty_redis()}
