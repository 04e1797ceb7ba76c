"""The cache that processes share, in Redis; while Redis does not answer, each has its own.

What is kept here can be had elsewhere. So nothing that is wrong with Redis may fail a page, or hold
it up for long: after a failure it is not asked for a while.
"""

import logging
import time
from collections.abc import Callable

from django.core.cache.backends import redis
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PAUSE = 15.0  # seconds
_silent_until = 0.0


class RedisCache(redis.RedisCache):
    """Django's, which lets every failure of Redis through to the page."""

    def __init__(self, server, params):
        super().__init__(server, params)
        self._own = LocMemCache("without Redis", params)

    def ping(self) -> None:
        """Ask Redis now, whatever was heard of it before. Raises RedisError."""
        self._cache.get_client().ping()


def _guarded(name: str) -> Callable:
    ask = getattr(redis.RedisCache, name)

    def method(self, *args, **kwargs):
        if time.monotonic() >= _silent_until:
            try:
                return ask(self, *args, **kwargs)
            except RedisError as error:
                _be_silent(error)
        return getattr(self._own, name)(*args, **kwargs)

    return method


def _be_silent(error: RedisError) -> None:
    global _silent_until
    _silent_until = time.monotonic() + PAUSE
    facts = {"cause": type(error).__name__}
    logger.warning("the shared cache does not answer", extra={"facts": facts})


for _name in (
    *("add", "get", "set", "touch", "delete", "has_key", "incr"),
    *("get_many", "set_many", "delete_many", "clear"),
):
    setattr(RedisCache, _name, _guarded(_name))
