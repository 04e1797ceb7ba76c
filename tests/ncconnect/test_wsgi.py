"""What a web server calls: no request is beyond our pages."""

import gc
import json
from wsgiref.util import FileWrapper

import pytest
from django.test import RequestFactory
from django.urls import get_resolver

from ncconnect import seats
from ncconnect.waiting import Crowded
from ncconnect.wsgi import GC_THRESHOLD, application, settle

FORM = "application/x-www-form-urlencoded"
NAMES = ("rot13", "hex", "undefined", "unicode_escape", "utf-16", "latin-1", "x", '"UTF-8"', "")
# RFC 2231, section 4: a value in a character set of its own.
EXTENDED = ("charset*=utf-8''rot13", "x*=inconnu''x", "x*=undefined''%C3", "x*0*=undefined''%C3")


def answer(environ: dict) -> tuple[str, str]:
    """The status line and the page."""
    status = []
    parts = application(environ, lambda line, _headers, *_: status.append(line))
    page = b"".join(parts).decode()
    getattr(parts, "close", lambda: None)()  # as a server does
    return status[0], page


@pytest.mark.django_db
def test_a_server_that_sends_files_in_its_own_way_is_given_them():
    """PEP 3333, « Optional Platform-Specific File Handling »: `manage.py runserver` is one."""
    environ = RequestFactory().get("/static/img/favicon.svg").environ
    environ["wsgi.file_wrapper"] = FileWrapper
    status, picture = answer(environ)
    assert status == "200 OK"
    assert picture.startswith("<svg")


@pytest.mark.django_db
@pytest.mark.parametrize("parameter", [*(f"Charset={name}" for name in NAMES), *EXTENDED])
def test_a_charset_of_the_sender_changes_nothing(parameter):
    by_address = RequestFactory().get("/oidc/authorize?client_id=%5Cud800%C3%A9").environ
    by_form = (
        RequestFactory().post("/oidc/authorize", "client_id=%C3%A9", content_type=FORM).environ
    )
    for environ in (by_address, by_form):
        environ["CONTENT_TYPE"] = f"{FORM} ; {parameter}"
        status, page = answer(environ)
        assert status == "400 Bad Request"
        assert 'id="oidc-error"' in page
        assert "é" in page


@pytest.mark.parametrize(
    ("accepted", "kind"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
def test_a_crowd_is_told_to_browsers_in_a_page_and_to_programs_in_json(monkeypatch, accepted, kind):
    def full():
        raise Crowded

    monkeypatch.setattr(seats, "one", full)
    told = {}
    environ = RequestFactory().post("/oidc/token", HTTP_ACCEPT=accepted).environ
    [body] = application(environ, lambda line, headers: told.update(headers, status=line))
    assert (told["status"], told["Content-Type"]) == ("503 Service Unavailable", kind)
    assert (told["Retry-After"], told["Cache-Control"]) == ("5", "no-store")
    if kind == "application/json":
        assert json.loads(body) == {"error": "temporarily_unavailable"}
    else:
        assert body.decode().startswith("<!doctype html>")


def test_the_loaded_program_is_no_garbage():
    threshold = gc.get_threshold()
    gc.unfreeze()
    try:
        settle()
        assert gc.get_threshold()[0] == GC_THRESHOLD
        # Patterns are objects with attributes: what the collector sees, it would look through.
        seen = {id(thing) for thing in gc.get_objects()}
        assert not seen & {id(pattern) for pattern in get_resolver().url_patterns}
    finally:
        gc.set_threshold(*threshold)
