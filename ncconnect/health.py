"""Probes: is this process alive, and can it serve?

``/sante/vivant`` touches nothing: a process that answers is alive, whatever else is broken, and
restarting it would not help. ``/sante/pret`` says whether requests should be sent here.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache

from django.conf import settings
from django.core.cache import cache as shared_cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from ncconnect import metrics

# Answered whatever else waits, without a seat (ncconnect.seats).
PROBES = frozenset({"/sante/vivant", "/sante/pret"})
TIME_LIMIT = 0.9  # seconds for all the probes together


class NotReady(Exception):
    """A probe failed; the text says what is wrong, without a secret."""


Probe = Callable[[], object]
_needed: dict[str, Probe] = {}
_reported: dict[str, Probe] = {}


def register(name: str, probe: Probe, *, needed: bool = True) -> None:
    """Add a probe: it returns a word or a number to report, or raises.

    A ``needed`` one makes the process not ready when it raises; any other is only reported.
    """
    (_needed if needed else _reported)[name] = probe


def alive(request: HttpRequest) -> HttpResponse:
    """No I/O, any Host."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """200 when every needed probe passes within TIME_LIMIT, else 503. Insiders read the details."""
    facts, is_ready = examine()
    body = {"status": "ok" if is_ready else "unavailable"}
    if metrics.is_insider(request):
        body |= facts
    return JsonResponse(body, status=200 if is_ready else 503)


def examine() -> tuple[dict[str, object], bool]:
    """What each probe says, and whether the process is ready."""
    facts: dict[str, object] = dict.fromkeys(_needed | _reported, "too slow")
    failed = set(facts)
    future = _pool().submit(_run_all, facts, failed)
    wait([future], timeout=TIME_LIMIT)
    future.cancel()  # when every thread hangs, it has not even started
    return dict(facts), not failed & set(_needed)


def _run_all(facts: dict[str, object], failed: set[str]) -> None:
    """Run the probes one by one over one database connection, the needed ones first."""
    try:
        for name, probe in (_needed | _reported).items():
            try:
                facts[name] = probe()
                failed.discard(name)
            except Exception as error:  # noqa: BLE001  (whatever broke is the answer)
                facts[name] = str(error) if isinstance(error, NotReady) else type(error).__name__
    finally:
        connection.close()


@cache
def _pool() -> ThreadPoolExecutor:
    # A server that swallows packets holds a thread for its whole time-out: the probe must not wait
    # for it, and the threads held that way are bounded.
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="health")


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


_migrated = False


def _migrations() -> str:
    """Applied once, they stay applied for the life of this code."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise NotReady("missing")
        _migrated = True
    return "ok"


def _redis() -> str:
    if not settings.CONFIG.redis_url:
        return "absent"
    shared_cache.ping()
    return "ok"


register("database", _database)
register("migrations", _migrations)
register("redis", _redis, needed=False)
