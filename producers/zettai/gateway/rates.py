"""How many requests an API key may make: one limit for all gateways, counted in Redis by its own clock.

A window that moves: whichever second is looked at, no more than the limit were admitted in it. A request counts as one
whatever it holds, and a refused one is not counted. Without Redis nothing is admitted.
"""

from datetime import timedelta
from functools import cache
from importlib.resources import files
from uuid import uuid4

from redis import Redis

from zettai.core.store.keys import Keys

SECOND = timedelta(seconds=1)


class Rates:
    """The limit of every key. Safe to share between threads."""

    def __init__(self, redis: Redis, keys: Keys, limit: int, window: timedelta = SECOND) -> None:
        """Say where it is counted.

        Args:
            redis: that all gateways share.
            keys: the names in it.
            limit: requests of one key in a window.
            window: its length.
        """
        self._admit = redis.register_script(_source())
        self._keys = keys
        self._limit = limit
        self._window = window // timedelta(microseconds=1)

    def admit(self, caller: str) -> timedelta | None:
        """Count a request of a key; answers None, or after how long the next one may be admitted.

        Raises:
            RedisError: Redis is away.
        """
        wait = int(self._admit(keys=[self._keys.rate(caller)], args=(self._limit, self._window, uuid4().hex)))
        return timedelta(microseconds=wait) if wait else None


@cache
def _source() -> str:
    return (files("zettai.gateway") / "lua" / "admit.lua").read_text(encoding="utf-8")
