"""What has expired and must go: each floor registers its own purges.

Each runs as a task of its own, so that a long one takes nobody else's time (ncconnect.tasks).

A purge deletes one batch and returns how many rows went; it is called again until it returns 0.
Each batch is one short transaction that holds the lock of its job, so that any number of workers
may start the purge at once.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from zlib import crc32

from django.db import connection, transaction
from django.db.models import Model, QuerySet

BATCH = 1_000
MAX_BATCHES = 1_000  # then the next run goes on

logger = logging.getLogger(__name__)

Purge = Callable[[], int]
_purges: dict[str, Purge] = {}


def register(name: str, purge: Purge) -> None:
    """From now on ``purge`` runs under this name. It deletes at most a batch, returns the count."""
    _purges[name] = purge


def delete_batch(expired: QuerySet, size: int = BATCH) -> int:
    """Delete at most ``size`` rows of a queryset; returns how many of its own rows went."""
    keys = list(expired.order_by().values_list("pk", flat=True)[:size])
    # Asked again: what is no longer expired, since its key was read, stays.
    _, by_model = expired.order_by().filter(pk__in=keys).delete()
    return by_model.get(expired.model._meta.label, 0)


def delete_oldest(
    model: type[Model],
    end: str,
    now: datetime,
    size: int = 10_000,
) -> int:
    """Delete the rows that ended first, by the index of their end; returns how many went.

    One DELETE that reads no row: for tables that every sign-in fills, and of which no other row
    depends.
    """
    expired = model._default_manager.filter(**{f"{end}__lte": now})
    oldest = expired.order_by(end).values("pk")[:size]
    # Asked again of each row: one whose end was moved meanwhile stays.
    return expired.filter(pk__in=oldest)._raw_delete(connection.alias)


def names() -> list[str]:
    """The purges that are registered."""
    return sorted(_purges)


def run() -> dict[str, int]:
    """Run every purge, even if one fails; returns the rows deleted by each."""
    return {name: run_one(name) for name in names()}


def run_one(name: str) -> int:
    """Run one purge until nothing is left; returns the rows deleted. KeyError for no purge."""
    purge, total = _purges[name], 0
    try:
        for _ in range(MAX_BATCHES):
            deleted = _one_batch(name, purge)
            total += deleted
            if not deleted:
                break
    except Exception:
        logger.exception("purge failed", extra={"facts": {"purge": name}})
    if total:
        logger.info("purged", extra={"facts": {"purge": name, "rows": total}})
    return total


def _one_batch(name: str, purge: Purge) -> int:
    with transaction.atomic():
        return purge() if _locked(name) else 0


def _locked(name: str) -> bool:
    """The lock of this job until the transaction ends, or False when another worker holds it.

    SQLite needs none: a transaction there is the only writer from its first statement on.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [crc32(f"purge:{name}".encode())])
        return cursor.fetchone()[0]
