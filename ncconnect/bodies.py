"""What a request brings along is fetched before anything else is done for it.

A sender who announces a form and sends it a byte at a time holds a thread meanwhile, and nothing
else: no seat, no database connection (ncconnect.seats). The proxy in front cuts them after some
seconds (docs/Caddyfile); without one, BODIES of them are waited for, and further forms are refused
until one of them ends. Pages, tokens of whoever sends at once, and probes go on.
"""

from io import BytesIO

from django.conf import settings

from ncconnect import waiting
from ncconnect.waiting import Turns

_room = Turns(range(waiting.BODIES), waiting=0, patience=0)


class CutShort(Exception):
    """The sender left before the end: what came is not what was meant."""


def fetch(environ: dict) -> None:
    """Read the body into memory. Raises CutShort, Crowded.

    One that is longer than a form may be is left unread: Django refuses it by its length. A body
    that comes in chunks (RFC 9112, section 7.1) has the length that it turns out to have.
    """
    body = b""
    if announced := environ.get("CONTENT_LENGTH"):
        length = int(announced)
        if length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            body = _read(environ["wsgi.input"], length)
            if len(body) < length:
                raise CutShort
    elif environ.get("HTTP_TRANSFER_ENCODING"):
        body = _read(environ["wsgi.input"], settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = BytesIO(body)


def _read(stream, length: int) -> bytes:
    if not length:
        return b""
    with _room.one():
        return stream.read(length)
