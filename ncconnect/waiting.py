"""Waiting in line: first come, first served, for a time, and never too many.

    with turns.one():
        …what only a few may do at once

How many may wait, and how many threads a web process therefore has, is one table here: whoever
waits holds a thread, and some are left for probes whatever waits.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

# In one web process, beside those that are served and hashed:
BODIES = 128  # whose form is still on its way (128 × 64 kB of memory at most)
REQUESTS = 64  # that wait for a seat (ncconnect.seats)
HASHES = 64  # that wait for a password to be hashed (accounts.passwords)
PROBES = 16  # never taken by anything else

REQUEST_PATIENCE = 10.0  # seconds


def threads(seats: int, hashes: int) -> int:
    """The threads of a web process that serves ``seats`` requests and computes ``hashes`` at once.

    They are made when they are needed, and end when they are not.
    """
    return seats + hashes + BODIES + REQUESTS + HASHES + PROBES


class ThreadsAreMeant(logging.Filter):
    """Keeps the web server's warning about their number out of the log (web_log.json).

    It would have an operator look for a fault at each start, and all else that it warns of unread.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return "Python threads" not in record.getMessage()


class Crowded(Exception):
    """Too many wait already, or no turn came in time: try again in ``retry_after`` seconds."""

    retry_after = 5


class _Place(Generic[T]):
    """In the line: ``thing`` is there once it has been called."""

    __slots__ = ("called", "thing")

    def __init__(self):
        self.called = threading.Event()
        self.thing: T | None = None


class Turns(Generic[T]):
    """Hands out ``things``, each to one at a time; ``waiting`` others wait ``patience`` seconds.

    Whoever gives a thing back hands it to the first in line: nobody who comes later is quicker.
    """

    def __init__(self, things: Iterable[T], *, waiting: int, patience: float):
        self.waiting = waiting
        self.patience = patience
        self._lock = threading.Lock()
        self._free = list(things)
        self._line: deque[_Place[T]] = deque()
        self._returning: deque[_Place[T]] = deque()

    @contextmanager
    def one(self) -> Iterator[T]:
        """Hold a thing. Raises Crowded."""
        thing = self.take()
        try:
            yield thing
        finally:
            self.give_back(thing)

    def take(self) -> T:
        """Get a thing, in turn. Raises Crowded."""
        with self._lock:
            if self._free:
                return self._free.pop()
            if len(self._line) >= self.waiting:
                raise Crowded
            place = _Place()
            self._line.append(place)
        if not place.called.wait(self.patience):
            with self._lock:
                if not place.called.is_set():  # or else it came just now
                    self._line.remove(place)
                    raise Crowded
        return place.thing

    def take_again(self) -> T:
        """Get a thing back, before all who have had none: what was begun is not refused."""
        with self._lock:
            if self._free:
                return self._free.pop()
            place = _Place()
            self._returning.append(place)
        place.called.wait()
        return place.thing

    def give_back(self, thing: T) -> None:
        with self._lock:
            line = self._returning or self._line
            if not line:
                self._free.append(thing)
                return
            place = line.popleft()
            place.thing = thing
            place.called.set()

    @property
    def length(self) -> int:
        """How many wait."""
        return len(self._line) + len(self._returning)
