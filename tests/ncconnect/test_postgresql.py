"""Kept connections: used unasked while nothing was heard, replaced once they are dead."""

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("needs_postgresql")]


@pytest.fixture
def other():
    """Another connection to the same server."""
    copy = connection.copy()
    yield copy
    copy.close()


def value(wrapper: BaseDatabaseWrapper, sql: str, *parameters):
    with wrapper.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


def next_request() -> None:
    """What Django does of a kept connection when a request starts."""
    connection.close_if_unusable_or_obsolete()


def test_a_silent_connection_is_used_without_asking(other):
    pid = value(connection, "SELECT pg_backend_pid()")
    next_request()
    assert connection.get_autocommit()
    connection.close_if_health_check_failed()
    last = "SELECT query FROM pg_stat_activity WHERE pid = %s"
    assert value(other, last, pid) == "SELECT pg_backend_pid()"


def test_it_is_asked_once_in_a_while(other, monkeypatch):
    pid = value(connection, "SELECT pg_backend_pid()")
    monkeypatch.setattr("ncconnect.postgresql.base.ASK_AFTER", 0)
    next_request()
    connection.close_if_health_check_failed()
    last = "SELECT query FROM pg_stat_activity WHERE pid = %s"
    assert value(other, last, pid) == "SELECT 1"


def test_a_connection_that_the_server_ended_is_replaced_before_it_is_used(other):
    pid = value(connection, "SELECT pg_backend_pid()")
    assert value(other, "SELECT pg_terminate_backend(%s, 5000)", pid)
    next_request()
    assert value(connection, "SELECT pg_backend_pid()") != pid
