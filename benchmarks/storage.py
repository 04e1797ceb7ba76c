"""Bytes that a sign-in leaves in the database, indexes included."""

import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2

from benchmarks.measure import visitors
from benchmarks.operations import OPERATIONS
from benchmarks.service import Service

SIGN_INS = 1000
SIZES = """
SELECT kept.relname, pg_relation_size(kept.oid)
    + pg_indexes_size(kept.oid) + coalesce(pg_relation_size(kept.reltoastrelid), 0)
FROM pg_class AS kept
WHERE kept.relkind = 'r' AND kept.relnamespace = 'public'::regnamespace
"""  # without the maps of free space: a few pages, however large the table is


def a_sign_in(service: Service, database_url: str, times: int = SIGN_INS) -> dict[str, float]:
    """Bytes of each table that grows, by sign-in of people whom the partner knows already.

    The tables are packed first, so that nothing fits into a gap that was there; afterwards they
    are vacuumed, and what updates have left free is counted: that is how tables are.
    """
    before = sizes(database_url, "VACUUM FULL")
    with visitors(OPERATIONS["sign_in_without_hash"], service, 1) as (visitor,):
        for _ in range(times):
            visitor.signs_in()
    after = sizes(database_url)
    grown = {table: (after[table] - before.get(table, 0)) / times for table in after}
    return {table: size for table, size in sorted(grown.items()) if size > 0}


def sizes(database_url: str, vacuum: str = "VACUUM") -> dict[str, int]:
    """Bytes in use, by table; of SQLite, of the whole file."""
    if urlsplit(database_url).scheme == "sqlite":
        return {"all tables": _sqlite(database_url.removeprefix("sqlite:///"))}
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(vacuum)
            cursor.execute(SIZES)
            return dict(cursor.fetchall())


def _sqlite(path: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        value = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        }
    return (value["page_count"] - value["freelist_count"]) * value["page_size"]
