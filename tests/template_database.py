"""A database with all migrations applied, made once and kept: a worker begins with a copy of it.

Migrating takes three seconds, copying nothing. It lies in var/tests/ under the digest of
every migration, so that a changed one is applied; `migrate` still runs on the copy, finds nothing
to apply and does what belongs to its end (permissions, content types).
"""

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import django

PLACE = Path(__file__).resolve().parents[1] / "var" / "tests"


@contextmanager
def beginning_with_a_copy() -> Iterator[None]:
    """The in-memory database of the suite that is made in this block begins as a copy."""
    from django.db import connection

    template = PLACE / f"{_digest()}.sqlite3"
    with ExitStack() as stack:
        with _alone():
            if not template.exists():
                yield
                _keep(connection.connection, template)
                return
            # Alive as long as somebody is connected: until Django is.
            memory = sqlite3.connect(connection.creation._get_test_db_name(), uri=True)
            stack.enter_context(closing(memory))
            _copy(template, memory)
        yield


@contextmanager
def _alone() -> Iterator[None]:
    """Two workers that begin together make one, not two."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy(template: Path, target: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(template)) as source:
        source.backup(target)


def _keep(source: sqlite3.Connection, template: Path) -> None:
    """Whole or not at all; those of other migrations go."""
    for former in template.parent.glob("*.sqlite3"):
        former.unlink(missing_ok=True)
    draft = template.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(draft)) as target:
        source.backup(target)
    draft.replace(template)


def _digest() -> str:
    """Of what makes the tables: migrations, and the engine's and Django's versions."""
    from django.apps import apps

    content = hashlib.sha256(f"{django.VERSION} {sqlite3.sqlite_version}".encode())
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path).glob("migrations/*.py")):
            content.update(f"{app.label} {file.name}".encode() + file.read_bytes())
    return content.hexdigest()[:20]
