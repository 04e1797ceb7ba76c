"""Rate limits, counted in the database: a restart, a second process or a lost cache forget nothing.

    verdict = ratelimit.hit("sign_in", email, network)
    if not verdict.allowed: …wait verdict.retry_after seconds

A window opens at the first hit of its key and closes ``window`` seconds later, whatever comes
meanwhile: going on knocking does not keep the door shut. The numbers are in
ncconnect.ratelimit.limits.
"""

import hashlib
import hmac
import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.apps import apps as installed
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from ncconnect import metrics, rows
from ncconnect.ratelimit.limits import BACKOFFS, LIMITS, Backoff, Limit

__all__ = [
    "BACKOFFS",
    "LIMITS",
    "Backoff",
    "Limit",
    "Verdict",
    "hit",
    "hit_and_peek",
    "peek",
    "reset",
    "reset_all",
    "site",
]

# One statement counts: two hits at once are two, and the second one knows of the first.
HIT = """
INSERT INTO ratelimit_counter (key, count, expires_at) VALUES (%s, 1, %s)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN ratelimit_counter.expires_at <= %s THEN 1
        ELSE ratelimit_counter.count + 1 END,
    expires_at = CASE WHEN ratelimit_counter.expires_at <= %s THEN excluded.expires_at
        ELSE ratelimit_counter.expires_at END
RETURNING count, expires_at
"""
# Read by the same statement; NULL when there is no open window.
PEEK = """, (
    SELECT count FROM ratelimit_counter AS other WHERE key = %s AND expires_at > %s
), (
    SELECT expires_at FROM ratelimit_counter AS other WHERE key = %s AND expires_at > %s
)"""

Key = tuple[object, ...]  # a limit's name, and what it is counted by


@dataclass(frozen=True)
class Verdict:
    """``retry_after``: whole seconds until the window closes, 0 while allowed."""

    allowed: bool
    retry_after: int
    count: int


def hit(name: str, *key_parts: object) -> Verdict:
    """Count one hit and say whether it is within the limit. KeyError for an unknown name.

    Best called outside a transaction: a rollback forgets the hit, and the counter stays locked
    until the transaction ends.
    """
    return hit_and_peek((name, *key_parts))[0]


def hit_and_peek(counted: Key, *peeked: Key) -> list[Verdict]:
    """Hit the first key and peek at the others, all different, in one statement."""
    limit, now = LIMITS[counted[0]], int(time.time())
    values = [digest(counted), now + limit.window, now, now]
    for key in peeked:
        values += [digest(key), now] * 2
    count, expires_at, *others = rows.first(HIT + PEEK * len(peeked), values)
    verdicts = [_verdict(count <= limit.number, expires_at - now, count)]
    for key, *row in zip(peeked, others[::2], others[1::2], strict=True):
        verdicts.append(_seen(key, row if row[0] else None, now))
    for key, verdict in zip((counted, *peeked), verdicts, strict=True):
        if not verdict.allowed:
            metrics.LIMITED.labels(key[0]).inc()
    return verdicts


def peek(name: str, *key_parts: object) -> Verdict:
    """Whether a hit would be within the limit now, without counting one."""
    key, now = (name, *key_parts), int(time.time())
    open_windows = counters().filter(key=digest(key), expires_at__gt=now)
    return _seen(key, open_windows.values_list("count", "expires_at").first(), now)


def reset(name: str, *key_parts: object) -> None:
    """Forget the hits of this key."""
    reset_all((name, *key_parts))


def reset_all(*keys: Key) -> None:
    """Forget the hits of these keys, in one statement."""
    counters().filter(key__in=[digest(key) for key in keys])._raw_delete(connection.alias)


def site(network: str) -> str:
    """The IPv6 /48 around a network, which one customer may hold 65 536 networks of; else empty."""
    if ":" not in network:
        return ""
    return str(ipaddress.ip_network(network).supernet(new_prefix=48))


def counters() -> QuerySet:
    """The table of the counters, for this package."""
    return installed.get_model("ratelimit.Counter").objects.all()


def _seen(key: Key, row: Sequence[int] | None, now: int) -> Verdict:
    """``row``: hits and end of the open window of this key."""
    limit = LIMITS[key[0]]
    count, expires_at = row or (0, now)
    return _verdict(count < limit.number, expires_at - now, count)


def _verdict(allowed: bool, left: int, count: int) -> Verdict:
    return Verdict(allowed=allowed, retry_after=0 if allowed else left, count=count)


def digest(key: Key) -> int:
    """Keyed: the table tells nobody which addresses were tried. KeyError for an unknown limit."""
    if key[0] not in LIMITS and key[0] not in BACKOFFS:
        raise KeyError(key[0])
    message = "\0".join(map(str, key)).encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), message, hashlib.sha256)
    return int.from_bytes(digest[:8], signed=True)
