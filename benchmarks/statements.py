"""The service's WSGI application, told to count: each answer says how many SQL statements it took.

Loaded by the web server in the place of ncconnect.wsgi, for the runs that count statements and
never for those that measure time. BEGIN, COMMIT and savepoints are not counted: whether they are
statements depends on the database. The text of each statement, without its values, goes to
statements.jsonl in the data directory.
"""

import json
import re

from django.conf import settings
from django.db import connection

from benchmarks.http import STATEMENTS_HEADER, step
from ncconnect import wsgi

_CONTROL = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA)\b", re.IGNORECASE)
JOURNAL = "statements.jsonl"


class Counter:
    """Every statement of one request."""

    def __init__(self):
        self.texts: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        if not _CONTROL.match(sql):
            self.texts.append(sql)
        return execute(sql, params, many, context)


serve = wsgi.django


def counted(environ, start_response):
    """In the place of Django's handler: at the seat whose connection is used (ncconnect.seats)."""
    counter = Counter()

    def start(status, headers, exc_info=None):
        counted = (STATEMENTS_HEADER, str(len(counter.texts)))
        return start_response(status, [*headers, counted], exc_info)

    with connection.execute_wrapper(counter):
        response = serve(environ, start)
    _write_down(step(environ["REQUEST_METHOD"], environ["PATH_INFO"]), counter.texts)
    return response


wsgi.django = counted
application = wsgi.application


def _write_down(name: str, texts: list[str]) -> None:
    line = json.dumps({"step": name, "statements": texts})
    with (settings.DATA_DIR / JOURNAL).open("a") as journal:
        journal.write(line + "\n")
