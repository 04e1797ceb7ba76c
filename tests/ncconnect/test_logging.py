"""A log line is one line, and holds no secret."""

import json
import logging
import sys

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

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
