"""An empty PostgreSQL database and an empty Redis database, beside those of the suite."""

import itertools
import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg2
import redis

# Of sixteen: the suite's own are 0 and one a worker, from 1.
INSTALLATIONS = 6  # and 7
FIRST_REDIS_DATABASE = 8
_turns = itertools.cycle(range(4))


def has_redis() -> bool:
    return bool(os.environ.get("REDIS_URL"))


@contextmanager
def empty_database() -> Iterator[str]:
    """The address of a new database, which is dropped at the end."""
    server = urlsplit(os.environ["DATABASE_URL"])
    name = f"own_{secrets.token_hex(6)}"
    with closing(psycopg2.connect(server._replace(path="/postgres").geturl())) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            try:
                yield server._replace(path=f"/{name}").geturl()
            finally:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def empty_redis() -> str:
    """The address of a Redis database that nobody else uses, emptied.

    Two workers take the even and the odd ones, and each takes its four in turn: services that
    live at the same time must not take each other's messages.
    """
    return _emptied(FIRST_REDIS_DATABASE + 2 * next(_turns))


def installations_redis() -> str:
    """The same for the installations of tests, of which a worker has one at a time."""
    return _emptied(INSTALLATIONS)


def _emptied(first: int) -> str:
    """Of the two databases from this one, that of this worker."""
    address = urlsplit(os.environ["REDIS_URL"])
    worker = int(address.path.strip("/") or 0)
    url = address._replace(path=f"/{first + worker % 2}").geturl()
    with closing(redis.Redis.from_url(url)) as database:
        database.flushdb()
    return url
