"""The audit trail: every event once, with its circumstances, and never a secret."""

import json
import logging
import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from ncconnect import audit, trace
from ncconnect.audit import retention
from ncconnect.audit.models import Event
from ncconnect.logging import JsonFormatter

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(caplog):
    """The JSON lines of the trail so far."""
    caplog.set_level(logging.INFO, "ncconnect.audit")
    return lambda: [
        json.loads(JsonFormatter().format(record))
        for record in caplog.records
        if record.name == "ncconnect.audit"
    ]


def test_an_event_knows_the_request_in_hand():
    trace.begin("NC-7F3K-92")
    trace.came_from("192.0.2.7")
    person = uuid.uuid4()
    audit.record("sign_in", user=person, partner="impots.nc", method="pwd")
    row = Event.objects.get()
    assert (row.user_id, row.partner, row.facts) == (person, "impots.nc", {"method": "pwd"})
    assert (row.network, row.reference) == ("192.0.2.7", "NC-7F3K-92")


def test_one_line_an_event_once_it_is_committed(lines, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        audit.record("sign_in", user=uuid.uuid4())
        assert lines() == []
    (line,) = lines()
    assert line["event"] == "sign_in"
    assert line["at"].endswith("+00:00")


def test_what_is_rolled_back_leaves_no_trace():
    with transaction.atomic():
        audit.record("sign_in")
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_an_address_leaves_the_table_as_a_keyed_digest(lines, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        audit.record("sign_in_failed", email="moana@exemple.nc")
    (line,) = lines()
    assert line["email"] == audit.email_digest("moana@exemple.nc")
    assert "moana" not in json.dumps(line)
    assert Event.objects.get().facts["email"] == "moana@exemple.nc"


def test_the_name_of_a_key_is_no_secret(lines, django_capture_on_commit_callbacks):
    """It is published; what else looks as random is masked."""
    random = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    with django_capture_on_commit_callbacks(execute=True):
        audit.record("signing_key_created", kid=random, why=random)
    line = lines()[-1]
    assert (line["kid"], line["why"]) == (random, "***")


def test_what_the_catalogue_does_not_have_is_refused():
    with pytest.raises(ValueError, match="no_such_event"):
        audit.record("no_such_event")


@pytest.mark.parametrize("name", ["password", "token", "code", "client_secret"])
def test_a_fact_that_has_the_name_of_a_secret_is_refused(name):
    with pytest.raises(ValueError, match=name):
        audit.record("sign_in", **{name: "x"})


def test_the_database_refuses_to_change_a_row():
    audit.record("sign_in")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.update(event="sign_out")


def test_the_database_refuses_to_forget_a_recent_row(needs_postgresql):
    audit.record("sign_in")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()


def test_the_database_refuses_to_empty_the_trail(needs_postgresql):
    audit.record("sign_in")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_event_is_not_emptied")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("TRUNCATE audit_event")
        transaction.set_rollback(True)


def test_a_person_s_events_are_found_by_an_index_of_theirs_in_time(needs_postgresql):
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'audit_of_a_person'")
        [definition] = cursor.fetchone()
    assert definition.endswith("(user_id, at)")


def test_rows_go_after_a_year():
    audit.record("sign_in")
    Event.objects.create(event="sign_in", at=timezone.now() - timedelta(days=366))
    assert retention.purge() == 1
    assert Event.objects.count() == 1


def test_what_strangers_can_cause_without_end_is_a_line_and_no_row(caplog):
    audit.line("authorization_refused", partner="impots", error="invalid_scope")
    assert not Event.objects.exists()
    [record] = [record for record in caplog.records if record.name == "ncconnect.audit"]
    assert record.facts["event"] == "authorization_refused"
    assert record.facts["partner"] == "impots"
    with pytest.raises(ValueError, match="sign_in"):
        audit.line("sign_in")
