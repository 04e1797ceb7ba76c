"""Waits that double: the next try waits, longer after each failure in a row, and never for ever.

    backoff.failed("captcha_failed", browser, network)
    seconds = backoff.wait("captcha_failed", browser, network)

Counted like the other limits, in their table. A failure is remembered ``memory`` seconds; a success
forgets them all. The numbers are in ncconnect.ratelimit.limits.
"""

import time

from ncconnect import metrics, ratelimit, rows
from ncconnect.ratelimit.limits import BACKOFFS

FAILED = """
INSERT INTO ratelimit_counter (key, count, expires_at) VALUES (%s, 1, %s)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN ratelimit_counter.expires_at <= %s THEN 1
        ELSE ratelimit_counter.count + 1 END,
    expires_at = excluded.expires_at
RETURNING count
"""
MOST_DOUBLINGS = 30


def failed(name: str, *key_parts: object) -> int:
    """Count one failure; how many seconds the next try waits. KeyError for an unknown name."""
    backoff, now = BACKOFFS[name], int(time.time())
    key = ratelimit.digest((name, *key_parts))
    (count,) = rows.first(FAILED, [key, now + backoff.memory, now])
    return _seconds(name, count)


def wait(name: str, *key_parts: object) -> int:
    """How many seconds are left to wait, 0 when a try may be made."""
    backoff, now = BACKOFFS[name], int(time.time())
    counter = ratelimit.counters().filter(
        key=ratelimit.digest((name, *key_parts)), expires_at__gt=now
    )
    count, expires_at = counter.values_list("count", "expires_at").first() or (0, 0)
    left = expires_at - backoff.memory + _seconds(name, count) - now if count else 0
    if left > 0:
        metrics.LIMITED.labels(name).inc()
    return max(0, left)


def succeeded(name: str, *key_parts: object) -> None:
    """Forget the failures of this key."""
    key = ratelimit.digest((name, *key_parts))
    ratelimit.counters().filter(key=key).delete()


def _seconds(name: str, count: int) -> int:
    """After ``count`` failures in a row."""
    backoff = BACKOFFS[name]
    beyond = count - backoff.free
    if beyond < 0:
        return 0
    return min(backoff.first << min(beyond, MOST_DOUBLINGS), backoff.longest)
