"""Kept connections: used unasked while nothing was heard, replaced once they are dead.

And what they keep: the plans of the statements that are asked all the time.
"""

from datetime import UTC

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import CaptureQueriesContext

from ncconnect import rows
from ncconnect.postgresql.plans import Planned

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


class TestPlans:
    TEXT = "SELECT %s::int + 1, %s::text"
    NAMED = "SELECT %(a)s::int - %(b)s::int, %(a)s::int"

    @pytest.fixture(autouse=True)
    def _new_connection(self):
        connection.close()

    def prepared(self, text: str) -> int:
        """How many plans of this statement the connection has."""
        like = text.replace("%s", "$_").replace("%(a)s", "$1").replace("%(b)s", "$2")
        return value(
            connection,
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
            f"PREPARE %{like}",
        )

    def row(self, text: str, parameters) -> tuple:
        with connection.cursor() as cursor:
            cursor.execute(Planned(text), parameters)
            return cursor.fetchone()

    def test_a_statement_is_planned_once(self):
        assert self.row(self.TEXT, [1, "é'%s"]) == (2, "é'%s")
        assert self.row(self.TEXT, [41, None]) == (42, None)
        assert self.prepared(self.TEXT) == 1

    def test_parameters_have_names(self):
        assert self.row(self.NAMED, {"b": 1, "a": 3, "unused": object()}) == (2, 3)
        assert self.row(self.NAMED, {"a": 1, "b": 3}) == (-2, 1)
        assert self.prepared(self.NAMED) == 1

    def test_a_statement_without_parameters(self):
        assert self.row("SELECT 1", None) == self.row("SELECT 1", ()) == (1,)

    def test_a_new_connection_plans_anew(self):
        self.row(self.TEXT, [1, ""])
        connection.close()
        assert self.row(self.TEXT, [1, ""]) == (2, "")
        assert self.prepared(self.TEXT) == 1

    def test_a_transaction_that_is_undone_takes_no_plan_with_it(self):
        with transaction.atomic():
            self.row(self.TEXT, [1, ""])
            transaction.set_rollback(True)
        assert self.row(self.TEXT, [1, ""]) == (2, "")

    def test_a_value_that_does_not_fit_spoils_nothing(self):
        with pytest.raises(DataError):
            self.row(self.TEXT, ["no number", ""])
        assert self.row(self.TEXT, [1, ""]) == (2, "")

    def test_other_statements_are_not_kept(self):
        assert value(connection, "SELECT %s::int", 7) == 7
        assert self.prepared("SELECT %s::int") == 0

    def test_each_use_counts_as_one_statement(self):
        with CaptureQueriesContext(connection) as captured:
            self.row(self.TEXT, [1, ""])
            self.row(self.TEXT, [1, ""])
        assert len(captured) == 2


class TestStatementsOfHotPaths:
    """They go past Django's cursor, and keep what it promises."""

    TEXT = "SELECT now(), %s::int"

    def test_who_counts_statements_sees_them(self):
        with CaptureQueriesContext(connection) as captured:
            rows.first(self.TEXT, [1])
        assert len(captured) == 1
        assert rows.first(self.TEXT, [2])[1] == 2

    def test_moments_are_those_of_the_models(self):
        rows.first(self.TEXT, [1])  # a connection is there
        moment, _ = rows.first(self.TEXT, [1])
        assert moment.tzinfo is UTC

    def test_an_error_is_one_of_django(self):
        with pytest.raises(DataError):
            rows.first(self.TEXT, ["no number"])
        assert rows.first(self.TEXT, [1])[1] == 1

    def test_nothing_is_asked_in_a_transaction_that_will_be_undone(self):
        with transaction.atomic():
            transaction.set_rollback(True)
            with pytest.raises(transaction.TransactionManagementError):
                rows.first(self.TEXT, [1])

    def test_a_connection_that_ended_is_replaced_before_it_is_used(self, other):
        pid = value(connection, "SELECT pg_backend_pid()")
        assert value(other, "SELECT pg_terminate_backend(%s, 5000)", pid)
        next_request()
        assert rows.first("SELECT pg_backend_pid()", [])[0] != pid

    def test_one_that_ends_in_mid_request_is_an_outage(self, other):
        rows.first(self.TEXT, [1])
        pid = value(connection, "SELECT pg_backend_pid()")
        assert value(other, "SELECT pg_terminate_backend(%s, 5000)", pid)
        with pytest.raises(OperationalError):
            rows.first(self.TEXT, [1])
        connection.close()
