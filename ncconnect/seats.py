"""At most WEB_THREADS requests of a web process are served at once; each has a seat.

A seat is what serving takes and a machine has few of: a connection to the database. A thread is
cheap beside it, and waits without one: for a form that is on its way, for a seat, for a password to
be hashed, and for a partner's address to answer, so that tokens and pages are served meanwhile.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from ncconnect import waiting
from ncconnect.waiting import Turns


class Seat:
    """A place to be served at, and the connection that belongs to it, whoever sits there."""

    def __init__(self):
        self.connection = connections.create_connection(DEFAULT_DB_ALIAS)
        self.connection.inc_thread_sharing()


_held = threading.local()


@cache
def turns() -> Turns[Seat]:
    """Those of this process. The seat left last is taken first: its connection is warm."""
    return Turns(
        (Seat() for _ in range(settings.CONFIG.web_threads)),
        waiting=waiting.REQUESTS,
        patience=waiting.REQUEST_PATIENCE,
    )


@contextmanager
def one() -> Iterator[None]:
    """Serve a request at a seat. Raises Crowded.

    A thread that has a connection of its own keeps it: that of a test, or of a shell.
    """
    if any(connections.all(initialized_only=True)):
        yield
        return
    _sit(turns().take())
    try:
        yield
    finally:
        turns().give_back(_rise())


@contextmanager
def given_back() -> Iterator[None]:
    """Leave the seat to others for something long that asks the database nothing.

    Nothing to leave outside a web process, nor in the middle of a transaction.
    """
    seat = getattr(_held, "seat", None)
    if seat is None or seat.connection.in_atomic_block:
        yield
        return
    turns().give_back(_rise())
    try:
        yield
    finally:
        _sit(turns().take_again())


def _sit(seat: Seat) -> None:
    seat.connection.close_if_unusable_or_obsolete()  # as Django does between two requests
    connections[DEFAULT_DB_ALIAS] = seat.connection
    _held.seat = seat


def _rise() -> Seat:
    del connections[DEFAULT_DB_ALIAS]
    seat, _held.seat = _held.seat, None
    return seat
