"""One JSON line an event, without a secret in it.

Nobody should log a secret; these filters catch what a library or an exception text says
unasked: the path of a mailed link, a query string, an SMTP server's answer with an address, the row
that a database refuses.
"""

import json
import logging
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

from ncconnect import trace

HIDDEN = "***"
MAX_MESSAGE = 4_000
MAX_TRACEBACK = 8_000
LONGEST_WORD = 39  # signs: of what is kept to be written again

# Parameters whose value never reaches a log, an exception report or an audit row.
SECRET_NAMES = (
    "access_token",
    "answer",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "cookie",
    "csrfmiddlewaretoken",
    "demande",
    "id_token",
    "id_token_hint",
    "logout_token",
    "new_password1",
    "new_password2",
    "old_password",
    "password",
    "password1",
    "password2",
    "refresh_token",
    "request",
    "secret",
    "session_key",
    "state",
    "nonce",
    "token",
)

_NAMES = "|".join(sorted(SECRET_NAMES, key=len, reverse=True))
_REDACTIONS = (
    # name=value, and 'name': 'value' as a dictionary or a JSON text writes it
    (re.compile(rf"\b({_NAMES})(=)[^\s&\"',;)]+", re.IGNORECASE), rf"\1\2{HIDDEN}"),
    (
        re.compile(
            rf"([\"'](?:{_NAMES})[\"']\s*:\s*)(\"[^\"]*\"|'[^']*'|\[[^]]*\])", re.IGNORECASE
        ),
        rf"\1{HIDDEN}",
    ),
    # the mailed links
    (re.compile(r"(/(?:activation|mot-de-passe-oublie|invitation)/)[^/\s?\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), HIDDEN),  # JWS compact form
    (re.compile(r"://[^/\s:@]*:[^/\s@]+@"), f"://{HIDDEN}@"),  # user:password@ of an address
    (re.compile(r"[\w.!#$%&*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+"), f"{HIDDEN}@{HIDDEN}"),
    # anything long and random: a link's token, a cookie, a key
    (
        re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{40,}(?![\w-])"),
        HIDDEN,
    ),
)
# PostgreSQL quotes rows, statements and values (« Error and Notice Message Fields »: detail,
# context, internal query, and the line of the statement): all that follows the first line of its
# message is left out, as it stands or as `repr` writes it, to where the traceback goes on.
_GOES_ON = r"\n\n(?:The above exception was the direct cause|During handling of the above)"
_QUOTED_ROWS = re.compile(
    rf"(?:\n|\\n)(?:DETAIL|CONTEXT|QUERY|LINE \d+): .*?(?={_GOES_ON}|\Z)", re.DOTALL
)
# The first line names a table, a column, a constraint; and a value, when that is none of its type.
_MALFORMED_VALUE = re.compile(
    r"(\binvalid input \w+ for [^:\n]{1,80}: |\bout of range: |\bvalue )"
    rf"\".*?\"(?= is out of range|[\s')]*(?:{_GOES_ON}|\Z))",
    re.DOTALL,
)
# What no redaction can find anything in: one word, of no length that a key has.
_PLAIN = re.compile(r"(?!.*eyJ)[\w.:-]{1,39}")
_ENCODER = json.JSONEncoder(ensure_ascii=True, default=str)

# What no line of ours tells is not looked up for each (Logging HOWTO, « Optimization »).
logging._srcfile = None
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


class Redacted(str):
    """A text without the values that a log must not hold: nothing is looked for in it again."""

    __slots__ = ()


def redact(text: str) -> str:
    """``text`` without the values that a log must not hold."""
    if isinstance(text, Redacted) or _PLAIN.fullmatch(text):
        return text
    text = _MALFORMED_VALUE.sub(rf'\1"{HIDDEN}"', _without_rows(text))
    for pattern, replacement in _REDACTIONS:
        text = pattern.sub(replacement, text)
    return text


def _without_rows(text: str) -> str:
    return _QUOTED_ROWS.sub("", text)


class JsonFormatter(logging.Formatter):
    """One line a record. Control characters are escaped, so that no value can forge a line.

    Structured facts come through ``extra={"facts": {…}}``; other extras are left out, because
    libraries put whole requests there.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "level": Redacted(record.levelname),
            "logger": Redacted(record.name),
            "message": record.getMessage()[:MAX_MESSAGE],
        }
        if reference := trace.reference():
            line["reference"] = Redacted(reference)
        line |= getattr(record, "facts", {})
        if record.exc_info:
            # Cut after that: what is quoted is known by the word before it.
            told = _without_rows(self.formatException(record.exc_info))
            line["exception"] = told[-MAX_TRACEBACK:]
        members = [f"{_word(name)}: {_value(value)}" for name, value in line.items()]
        return f'{{"at": "{_moment(record.created)}", {", ".join(members)}}}'


def _moment(created: float) -> str:
    milliseconds = int(created * 1000)
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03}+00:00"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    """Of all the lines that are written in it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _value(value: Any) -> str:
    """As JSON, without a secret in it. A line a request is written: this is half of its cost."""
    if type(value) is int:
        return str(value)
    if not isinstance(value, str):
        return _ENCODER.encode(value)
    if isinstance(value, Redacted) or len(value) > LONGEST_WORD:
        return _ENCODER.encode(redact(value))
    return _word(value)


@lru_cache(maxsize=1024)
def _word(text: str) -> str:
    """Most lines are of the same few words."""
    return _ENCODER.encode(redact(text))


class ReporterFilter(SafeExceptionReporterFilter):
    """Exception reports tell where it broke, never what people typed.

    No form, cookie, header or local variable.
    """

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict:
        return dict.fromkeys(request.POST, self.cleansed_substitute) if request else {}

    def get_safe_cookies(self, request) -> dict:
        return dict.fromkeys(request.COOKIES, self.cleansed_substitute) if request else {}

    def get_safe_request_meta(self, request) -> dict:
        """The kind of request alone: its query and its headers may hold secrets."""
        kept = ("REQUEST_METHOD", "SERVER_PROTOCOL", "CONTENT_TYPE", "CONTENT_LENGTH")
        return (
            {name: request.META[name] for name in kept if name in request.META} if request else {}
        )

    def get_traceback_frame_variables(self, request, tb_frame) -> list:
        return [(name, self.cleansed_substitute) for name in tb_frame.f_locals]
