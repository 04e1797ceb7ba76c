"""Forms are fetched whole before anything is done for them, and refused when they cannot be."""

from io import BytesIO

import pytest

from ncconnect import bodies, waiting
from ncconnect.waiting import Crowded, Turns
from ncconnect.wsgi import application

LIMIT = 64 * 1024


class Sender(BytesIO):
    """Counts what is read of it."""

    taken = 0

    def read(self, size=-1):
        self.taken += 1
        return super().read(size)


def fetched(environ: dict) -> bytes:
    bodies.fetch(environ)
    return environ["wsgi.input"].read()


def test_a_form_is_read_as_long_as_it_says():
    assert fetched({"CONTENT_LENGTH": "3", "wsgi.input": BytesIO(b"abcdef")}) == b"abc"


def test_a_form_in_chunks_has_the_length_that_it_turns_out_to_have():
    """RFC 9112, section 7.1. Before, it was read as empty: a token to be revoked stayed alive."""
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(b"token=x")}
    assert fetched(environ) == b"token=x"
    assert environ["CONTENT_LENGTH"] == "7"


def test_a_sender_who_leaves_before_the_end_has_sent_nothing():
    environ = {"CONTENT_LENGTH": "10", "wsgi.input": BytesIO(b"password=a")}
    assert fetched(dict(environ)) == b"password=a"
    with pytest.raises(bodies.CutShort):
        bodies.fetch({"CONTENT_LENGTH": "11", "wsgi.input": BytesIO(b"password=a")})


def test_what_is_too_long_for_a_form_is_not_read():
    sender = Sender(b"a" * (LIMIT + 1))
    environ = {"CONTENT_LENGTH": str(LIMIT + 1), "wsgi.input": sender}
    assert fetched(environ) == b""
    assert sender.taken == 0
    assert environ["CONTENT_LENGTH"] == str(LIMIT + 1)  # Django refuses it by this


def test_chunks_without_end_are_read_no_further_than_a_form_may_be():
    sender = Sender(b"a" * (3 * LIMIT))
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": sender}
    assert len(fetched(environ)) == LIMIT + 1
    assert environ["CONTENT_LENGTH"] == str(LIMIT + 1)


def test_a_request_without_a_form_waits_for_nobody(monkeypatch):
    monkeypatch.setattr(bodies, "_room", Turns([], waiting=0, patience=0))
    assert fetched({"wsgi.input": Sender(b"")}) == b""
    assert fetched({"CONTENT_LENGTH": "0", "wsgi.input": Sender(b"")}) == b""


def test_while_too_many_forms_are_on_their_way_another_one_is_refused_and_pages_go_on(
    monkeypatch, db
):
    monkeypatch.setattr(bodies, "_room", Turns([], waiting=0, patience=0))
    with pytest.raises(Crowded):
        bodies.fetch({"CONTENT_LENGTH": "1", "wsgi.input": BytesIO(b"a")})
    status, headers, page = answer("POST", "/connexion/", b"a=b")
    assert status == "503 Service Unavailable"
    assert headers["Retry-After"] == "5"
    assert "NC Connect ne répond pas" in page.decode()
    assert answer("GET", "/connexion/")[0] == "200 OK"
    assert answer("POST", "/sante/vivant", b"a=b")[0] == "200 OK"


def test_a_form_that_is_cut_short_changes_nothing(db):
    assert answer("POST", "/connexion/", b"a=b", length="9")[0] == "400 Bad Request"


def test_there_is_room_for_sixty_four_slow_senders_and_for_everybody_else():
    assert waiting.BODIES > 64


def answer(method: str, path: str, body: bytes = b"", length: str = ""):
    from django.test import RequestFactory

    environ = RequestFactory().generic(method, path, body, HTTP_ACCEPT="text/html").environ
    environ["CONTENT_LENGTH"] = length or environ.get("CONTENT_LENGTH", "")
    environ["wsgi.input"] = BytesIO(body)
    seen = []
    parts = application(environ, lambda status, headers, *_: seen.append((status, dict(headers))))
    return *seen[0], b"".join(parts)
