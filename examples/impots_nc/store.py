"""Everything the site remembers, in one SQLite file: visits, sign-ins under way, spaces."""

import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .sealing import Seal, fingerprint

IDLE_SECONDS = 30 * 60
ABSOLUTE_SECONDS = 8 * 3600
TRIES_ALLOWED = 10
TRIES_WINDOW_SECONDS = 15 * 60

SCHEMA = """
CREATE TABLE IF NOT EXISTS handshake (
    key TEXT PRIMARY KEY, value BLOB NOT NULL, expires_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS handshake_expiry ON handshake (expires_at);
CREATE TABLE IF NOT EXISTS visit (
    id TEXT PRIMARY KEY, iss TEXT NOT NULL, sub TEXT NOT NULL, email TEXT NOT NULL,
    id_token BLOB NOT NULL, chosen_file TEXT, opened_at INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    sid TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS visit_seen ON visit (seen_at);
CREATE TABLE IF NOT EXISTS space (
    iss TEXT NOT NULL, sub TEXT NOT NULL, tax_id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL, PRIMARY KEY (iss, sub));
CREATE TABLE IF NOT EXISTS tries (
    iss TEXT NOT NULL, sub TEXT NOT NULL, since INTEGER NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (iss, sub));
"""


class FileAlreadyAttached(Exception):
    """The tax file belongs to the space of another person."""


class TooManyTries(Exception):
    """This person has checked too many secrets; ``wait`` is in seconds."""

    def __init__(self, wait: int):
        super().__init__(wait)
        self.wait = wait


@dataclass(frozen=True)
class Visit:
    """A signed-in browser. ``key`` is the random value that its cookie carries."""

    key: str
    iss: str
    sub: str
    email: str
    chosen_file: str | None


@dataclass(frozen=True)
class Space:
    """The private space of one person: which tax file, since when (Unix time)."""

    tax_id: str
    created_at: int


class Store:
    """The database. A person is always (iss, sub): a ``sub`` alone means nothing elsewhere."""

    def __init__(self, path: Path, secret: bytes):
        self._path = path
        self._seal = Seal(secret)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._connection() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(SCHEMA)
            with suppress(sqlite3.OperationalError):  # only a file of an older version lacks it
                db.execute("ALTER TABLE visit ADD COLUMN sid TEXT NOT NULL DEFAULT ''")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """One short transaction on a connection of its own, so threads never share one."""
        with closing(sqlite3.connect(self._path, timeout=5)) as db, db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA synchronous = NORMAL")  # safe with WAL; no disk wait on each page
            yield db

    # Visits

    def open_visit(self, *, iss: str, sub: str, email: str, id_token: str, sid: str = "") -> str:
        """Remember a signed-in browser; returns the value for its cookie."""
        key, now = secrets.token_urlsafe(32), int(time.time())
        row = (fingerprint(key), iss, sub, email, self._seal.close(key, id_token), now, now, sid)
        with self._connection() as db:
            db.execute(
                "DELETE FROM visit WHERE seen_at < ? OR opened_at < ?",
                (now - IDLE_SECONDS, now - ABSOLUTE_SECONDS),
            )
            db.execute(
                "INSERT INTO visit (id, iss, sub, email, id_token, opened_at, seen_at, sid)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        return key

    def visit(self, key: str) -> Visit | None:
        """The visit behind a cookie, kept alive by being read; None once it has ended."""
        now = int(time.time())
        with self._connection() as db:
            row = db.execute(
                "UPDATE visit SET seen_at = ? WHERE id = ? AND seen_at >= ? AND opened_at >= ?"
                " RETURNING iss, sub, email, chosen_file",
                (now, fingerprint(key), now - IDLE_SECONDS, now - ABSOLUTE_SECONDS),
            ).fetchone()
        return Visit(key, *row) if row else None

    def close_visit(self, key: str) -> str | None:
        """Forget a visit; returns its id_token, which the sign-out request shows as a hint."""
        with self._connection() as db:
            row = db.execute(
                "DELETE FROM visit WHERE id = ? RETURNING id_token", (fingerprint(key),)
            ).fetchone()
        return self._seal.open(key, row["id_token"]) if row else None

    def close_visits(self, *, iss: str, sid: str, sub: str) -> int:
        """End the visits of one session at the provider, or, without ``sid``, of one person."""
        with self._connection() as db:
            ended = db.execute(
                "DELETE FROM visit WHERE iss = ?1 AND"
                " CASE WHEN ?2 <> '' THEN sid = ?2 ELSE sub = ?3 END",
                (iss, sid, sub),
            )
            return ended.rowcount

    def choose_file(self, visit: Visit, tax_id: str | None) -> None:
        """Note the file whose secrets were right, between the two steps."""
        with self._connection() as db:
            db.execute(
                "UPDATE visit SET chosen_file = ? WHERE id = ?", (tax_id, fingerprint(visit.key))
            )

    def count_try(self, visit: Visit) -> None:
        """Count one check of secrets, before it is made, so that parallel tries count as well.

        Raises TooManyTries. A right answer does not reset the count: the owner of one file could
        otherwise guess another one for ever.
        """
        now = int(time.time())
        with self._connection() as db:
            row = db.execute(
                "INSERT INTO tries (since, number, iss, sub) VALUES (?1, 1, ?3, ?4)"
                " ON CONFLICT (iss, sub) DO UPDATE SET"
                " number = CASE WHEN since <= ?2 THEN 1 ELSE number + 1 END,"
                " since = CASE WHEN since <= ?2 THEN ?1 ELSE since END"
                " RETURNING since, number",
                (now, now - TRIES_WINDOW_SECONDS, visit.iss, visit.sub),
            ).fetchone()
        if row["number"] > TRIES_ALLOWED:
            raise TooManyTries(wait=row["since"] + TRIES_WINDOW_SECONDS - now)

    # Spaces

    def space(self, visit: Visit) -> Space | None:
        """The space of the person who is signed in."""
        with self._connection() as db:
            row = db.execute(
                "SELECT tax_id, created_at FROM space WHERE iss = ? AND sub = ?",
                (visit.iss, visit.sub),
            ).fetchone()
        return Space(*row) if row else None

    def create_space(self, visit: Visit, tax_id: str) -> bool:
        """Attach a tax file; False when this person has a space already (a double click).

        Raises FileAlreadyAttached. The UNIQUE constraint decides between two people, not a look
        beforehand.
        """
        row = (visit.iss, visit.sub, tax_id, int(time.time()))
        try:
            with self._connection() as db:
                done = db.execute(
                    "INSERT INTO space (iss, sub, tax_id, created_at) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (iss, sub) DO NOTHING",
                    row,
                )
                return done.rowcount == 1
        except sqlite3.IntegrityError:
            raise FileAlreadyAttached from None

    def close_space(self, visit: Visit) -> None:
        """Detach the tax file of this person: it may then be attached anew."""
        with self._connection() as db:
            db.execute("DELETE FROM space WHERE iss = ? AND sub = ?", (visit.iss, visit.sub))

    def attached_files(self) -> set[str]:
        """Identifiers of the tax files that some space holds."""
        with self._connection() as db:
            return {row["tax_id"] for row in db.execute("SELECT tax_id FROM space")}

    # Sign-ins under way

    def handshakes(self) -> "Handshakes":
        """The cache that Authlib keeps its state, nonce and code verifier in."""
        return Handshakes(self._connection, self._seal)


class Handshakes:
    """Authlib's cache interface (get, set, delete) on the database: any worker sees the same."""

    def __init__(self, connection, seal: Seal):
        self._connection = connection
        self._seal = seal

    def get(self, key: str) -> str | None:
        """The value, or None when unknown or too old."""
        with self._connection() as db:
            row = db.execute(
                "SELECT value FROM handshake WHERE key = ? AND expires_at > ?",
                (fingerprint(key), int(time.time())),
            ).fetchone()
        return self._seal.open(key, row["value"]) if row else None

    def set(self, key: str, value: str, expires_in: int) -> None:
        """Keep a value for ``expires_in`` seconds, encrypted: it holds the code verifier."""
        now = int(time.time())
        with self._connection() as db:
            db.execute("DELETE FROM handshake WHERE expires_at <= ?", (now,))
            db.execute(
                "INSERT OR REPLACE INTO handshake (key, value, expires_at) VALUES (?, ?, ?)",
                (fingerprint(key), self._seal.close(key, value), now + expires_in),
            )

    def delete(self, key: str) -> None:
        """Forget a value."""
        with self._connection() as db:
            db.execute("DELETE FROM handshake WHERE key = ?", (fingerprint(key),))
