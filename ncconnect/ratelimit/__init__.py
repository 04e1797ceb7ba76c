"""Rate limits, counted in the database: a restart, a second process or a lost cache forget nothing.

    verdict = ratelimit.hit("sign_in", email, network)
    if not verdict.allowed: …wait verdict.retry_after seconds

A window opens at the first hit of its key and closes ``window`` seconds later, whatever comes
meanwhile: going on knocking does not keep the door shut. The numbers are in
ncconnect.ratelimit.limits.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass

from django.apps import apps as installed
from django.conf import settings
from django.db import connection

from ncconnect import metrics
from ncconnect.ratelimit.limits import LIMITS, Limit

__all__ = ["LIMITS", "Limit", "Verdict", "hit", "peek", "reset"]

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
    limit, now = LIMITS[name], int(time.time())
    with connection.cursor() as cursor:
        cursor.execute(HIT, [_key(name, key_parts), now + limit.window, now, now])
        count, expires_at = cursor.fetchone()
    verdict = _verdict(count <= limit.number, expires_at - now, count)
    if not verdict.allowed:
        metrics.LIMITED.labels(name).inc()
    return verdict


def peek(name: str, *key_parts: object) -> Verdict:
    """Whether a hit would be within the limit now, without counting one."""
    limit, now = LIMITS[name], int(time.time())
    counters = installed.get_model("ratelimit.Counter").objects
    row = counters.filter(key=_key(name, key_parts), expires_at__gt=now).first()
    if row is None:
        return Verdict(allowed=True, retry_after=0, count=0)
    return _verdict(row.count < limit.number, row.expires_at - now, row.count)


def reset(name: str, *key_parts: object) -> None:
    """Forget the hits of this key."""
    if name not in LIMITS:
        raise KeyError(name)
    installed.get_model("ratelimit.Counter").objects.filter(key=_key(name, key_parts)).delete()


def _verdict(allowed: bool, left: int, count: int) -> Verdict:
    return Verdict(allowed=allowed, retry_after=0 if allowed else max(1, left), count=count)


def _key(name: str, parts: tuple[object, ...]) -> str:
    """A keyed digest: the table tells nobody which addresses were tried."""
    message = "\0".join((name, *map(str, parts))).encode()
    return hmac.digest(settings.SECRET_KEY.encode(), message, hashlib.sha256).hex()
