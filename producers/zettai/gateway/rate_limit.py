"""The rate limit of an API key. All gateways share it; Redis counts, by its own clock.

The window slides: no window of one second has more requests than the limit. A request counts as one whatever it
contains. A rejected request does not count. Without Redis, no request is allowed.
"""

from datetime import timedelta
from functools import cache
from importlib.resources import files
from uuid import uuid4

from redis import Redis

from zettai.core.store.keys import Keys

SECOND = timedelta(seconds=1)


class RequestRateLimit:
    """The rate limit of each API key. Safe to share between threads."""

    def __init__(self, redis: Redis, keys: Keys, limit: int, window: timedelta = SECOND) -> None:
        """Set the limit.

        Args:
            redis: the Redis that all gateways share.
            keys: the key names in Redis.
            limit: requests of one API key in a window.
            window: the length of the window.
        """
        self._count_request = redis.register_script(_source())
        self._keys = keys
        self._limit = limit
        self._window = window // timedelta(microseconds=1)

    def count(self, name: str) -> timedelta | None:
        """Count a request of an API key. Return None, or the time until the next request is allowed.

        Raises:
            RedisError: Redis failed.
        """
        wait = int(self._count_request(keys=[self._keys.rate(name)], args=(self._limit, self._window, uuid4().hex)))
        return timedelta(microseconds=wait) if wait else None


@cache
def _source() -> str:
    return (files("zettai.gateway") / "lua" / "count_request.lua").read_text(encoding="utf-8")
