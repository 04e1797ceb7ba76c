"""The entry that a WSGI server loads."""

import gc
import json
import os
import re

from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries
from django.urls import get_resolver

from ncconnect.waiting import Crowded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ncconnect.settings")

# Of a Content-Type, all but the one that a form in parts needs.
PARAMETERS = re.compile(r";(?!\s*boundary\s*=)[^;]*", re.IGNORECASE)

HTML, JSON = "text/html; charset=utf-8", "application/json"
UNAVAILABLE = json.dumps({"error": "temporarily_unavailable"}).encode()

GC_THRESHOLD = 10_000  # objects: some hundred requests' worth of reference cycles

django = get_wsgi_application()

from ncconnect import bodies, errors, health, middleware, seats  # noqa: E402  (they need the settings)


def settle() -> None:
    """Spare the garbage collector what is there to stay, and each request its share of a tenth.

    Python looks for cycles every 700 new objects, several times a request, and now and then goes
    through the whole program for them.
    """
    _ = get_resolver().url_patterns  # loads the views, before the first visitor has to wait for it
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)


def spare_what_has_nothing_to_do() -> None:
    """A connection is looked after where a seat is taken (ncconnect.seats), not twice more by
    Django around each request; there is no list of statements to empty (DEBUG is off), no cache
    that has anything to close between two requests, and no request with addresses of its own.
    """
    request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)
    request_finished.disconnect(reset_urlconf)


settle()
spare_what_has_nothing_to_do()


def application(environ: dict, start_response):
    """What a web server calls: the form is fetched, then a seat is taken, then Django is asked.

    Everything here is UTF-8, whatever a request says: Django decodes by the charset that a
    Content-Type names, before any page of ours could answer. One that Python knows and that is no
    encoding of texts (rot13) would be an error of ours. So would be any parameter written in one
    that it does not know (RFC 2231).
    """
    environ["CONTENT_TYPE"] = PARAMETERS.sub("", environ.get("CONTENT_TYPE", ""))
    if environ["PATH_INFO"] in health.PROBES:  # they ask nothing that has to be waited for
        return django(environ, start_response)
    try:
        bodies.fetch(environ)
        with seats.one():
            return _whole(django(environ, start_response))
    except bodies.CutShort:
        return _plain(start_response, "400 Bad Request", HTML, b"")
    except Crowded as refusal:
        return _crowded(environ, start_response, refusal.retry_after)


def _whole(response):
    """The whole answer at once, so that nobody sits here while it is sent; a file as it is.

    Where the server has a way of its own to send files (wsgi.file_wrapper), Django gives that.
    """
    if getattr(response, "streaming", True):
        return response
    response.close()
    return [response.content]


def _crowded(environ: dict, start_response, retry_after: int) -> list[bytes]:
    """A page for a browser, which asks for one by name; a program gets RFC 6749, section 5.2."""
    kind, words = JSON, UNAVAILABLE
    if "text/html" in environ.get("HTTP_ACCEPT", ""):
        kind, words = HTML, errors.last_resort().encode()
    return _plain(start_response, "503 Service Unavailable", kind, words, retry_after)


def _plain(start_response, status: str, kind: str, words: bytes, retry_after: int = 0):
    """An answer that costs nothing."""
    headers = [("Content-Type", kind), ("Content-Length", str(len(words)))]
    headers += [
        ("Server", middleware.SERVER),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    headers += [("Retry-After", str(retry_after))] if retry_after else []
    start_response(status, headers)
    return [words]
