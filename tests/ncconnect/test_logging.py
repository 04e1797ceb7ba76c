"""A log line is one line, and holds no secret."""

import json
import logging
import sys
import traceback

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Identity, User
from ncconnect import logging as redaction
from ncconnect import trace
from ncconnect.logging import JsonFormatter, ReporterFilter, redact

SECRET = "hunter2-Hunter2"
LINK_TOKEN = "Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZkdISUpLTE1OT1A"


def format_line(message: str, *args, exc_info=None, **extra) -> str:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, message, args, exc_info)
    record.__dict__.update(extra)
    return JsonFormatter().format(record)


@pytest.mark.parametrize(
    "text",
    [
        f"POST code={SECRET}&state=1",
        f"password1={SECRET}",
        f"client_secret={SECRET}, x",
        f"{{'code_verifier': '{SECRET}'}}",
        f'{{"id_token_hint": "{SECRET}"}}',
        f"<QueryDict: {{'password': ['{SECRET}']}}>",
        f"Not Found: /activation/{SECRET}/",
        f"/mot-de-passe-oublie/{SECRET}/",
        f"/connexion/?demande={SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"Authorization: basic {SECRET}",
        f"postgres://ncconnect:{SECRET}@db/ncconnect",
        f"redis://:{SECRET}@cache:6379/0",
        f"Gone: /inscription/invitation/{SECRET}/",
        f"token eyJhbGciOiJIUzI1NiJ9.{SECRET}.abc",
    ],
)
def test_secrets_are_hidden(text):
    assert SECRET not in format_line("%s", text)


def test_what_looks_like_a_mailed_token_is_hidden_wherever_it_stands():
    assert LINK_TOKEN not in redact(f"something odd about {LINK_TOKEN}!")


def test_addresses_of_people_are_hidden():
    assert "moana" not in redact("550 <moana.test@exemple.nc> unknown")


@pytest.mark.parametrize("text", ["GET /mot-de-passe-oublie/ 200", "status code: 500", "/aide/"])
def test_what_is_no_secret_is_left(text):
    assert redact(text) == text


@given(st.from_regex(redaction._PLAIN, fullmatch=True))
def test_no_redaction_would_find_anything_in_a_plain_word(text):
    for pattern, _replacement in redaction._REDACTIONS:
        assert not pattern.search(text)


def test_no_value_can_forge_a_line():
    line = format_line("%s", 'a\r\n{"event": "sign_in"}\x85\u2028\x1b[2J')
    assert line.isprintable()
    assert "\\r\\n" in line


def test_exceptions_are_told_without_their_secrets():
    try:
        raise ValueError(f"password={SECRET}")
    except ValueError:
        line = json.loads(format_line("failed", exc_info=sys.exc_info()))
    assert "ValueError" in line["exception"]
    assert SECRET not in line["exception"]


def test_a_line_carries_the_reference_of_its_request():
    trace.begin("NC-AAAA-22")
    line = json.loads(format_line("x", facts={"status": 200}))
    assert (line["reference"], line["status"]) == ("NC-AAAA-22", 200)


def test_an_exception_report_tells_nothing_that_people_typed():
    request = RequestFactory().post(
        f"/connexion/?demande={SECRET}",
        {"username": SECRET},
        headers={"cookie": f"session={SECRET}", "authorization": f"Bearer {SECRET}"},
    )
    report = ReporterFilter()
    told = [
        report.get_post_parameters(request),
        report.get_safe_cookies(request),
        report.get_safe_request_meta(request),
        report.get_traceback_frame_variables(request, sys._getframe()),
    ]
    assert SECRET not in str(told)


# --- What a database refuses, and quotes

NAME = "Tjibaou-Secret"
NO_DATE = "12/05/1980"


def refusal(act) -> str:
    """The line that is logged when the database refuses what ``act`` does."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        act()
    error = caught.value
    line = json.loads(format_line("failed", exc_info=(type(error), error, error.__traceback__)))
    whole = "".join(traceback.format_exception(error))
    assert NAME in whole  # or else there was nothing to hide
    told_by_celery = format_line("raised unexpected: %r", error)
    assert NAME not in told_by_celery
    return line["exception"]


@pytest.fixture
def identity(needs_postgresql, db):
    user = User.objects.create_user("moana@exemple.nc", "Tortue Luth 2026")
    return Identity.objects.create(user=user, family_name=NAME, given_names=["Moana"])


def of(identity):
    return Identity.objects.filter(pk=identity.pk)


def test_a_row_that_breaks_a_rule_of_its_table_is_not_told(identity):
    told = refusal(lambda: of(identity).update(birthdate=NO_DATE))
    assert NAME not in told
    assert NO_DATE not in told
    assert "violates check constraint" in told  # what an operator needs
    assert "accounts_identity" in told
    assert "IntegrityError" in told.splitlines()[-1]


def test_an_address_that_is_taken_is_not_told(needs_postgresql, db):
    kind = ContentType.objects.create(app_label="x", model=NAME)
    told = refusal(lambda: ContentType.objects.create(app_label=kind.app_label, model=kind.model))
    assert NAME not in told
    assert "violates unique constraint" in told


@pytest.mark.parametrize("cast", ["integer", "uuid", "date"])
def test_a_value_that_is_none_of_its_type_is_not_told(needs_postgresql, db, cast):
    def act():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT %s::{cast}", [NAME])

    told = refusal(act)
    assert NAME not in told
    assert f"for type {cast}" in told


def test_a_statement_that_is_malformed_is_told_without_its_values(needs_postgresql, db):
    def act():
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM WHERE %s", [NAME])

    told = refusal(act)
    assert NAME not in told
    assert "syntax error" in told


def test_no_row_is_told_where_a_long_traceback_is_cut():
    quoted = "violates\nDETAIL:  Failing row contains (" + NAME + ", x" * redaction.MAX_TRACEBACK
    try:
        try:
            raise ValueError(quoted)
        except ValueError as error:
            raise KeyError("last") from error
    except KeyError:
        line = json.loads(format_line("failed", exc_info=sys.exc_info()))
    assert ", x" not in line["exception"]
    assert "KeyError: 'last'" in line["exception"]
