"""The time of Redis, set by a test: hours pass in an instant.

The store's scripts read the time in one line of `base.lua`, and Python reads it in `MessageStore.now`. A test replaces
both. The product has no switch for this.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from unittest.mock import patch

from redis import Redis

from zettai.core.store import MessageStore, scripts

KEY = "time of the test"

REAL = "local time = redis.call('TIME')\n"

SET_BY_TEST = f"local time = redis.call('HMGET', '{KEY}', 'seconds', 'microseconds')\n"


class RedisClock:
    """The time that the store sees. It stands still until a test moves it."""

    def __init__(self, redis: Redis, now: datetime) -> None:
        self._redis = redis
        self.set(now)

    def set(self, now: datetime) -> None:
        """Set the time. An empty database has none, so set it after each flush."""
        self.now = now
        self._redis.hset(KEY, mapping={"seconds": int(now.timestamp()), "microseconds": now.microsecond})

    def advance(self, duration: timedelta) -> None:
        """Let time pass."""
        if duration:
            self.set(self.now + duration)


@contextmanager
def set_by_test(clock: RedisClock) -> Iterator[None]:
    """Let each store of this process read its time from a clock, on the server that the clock is on."""
    read_source = scripts._source

    @cache
    def source(name: str, account: str) -> scripts._Source:
        original = read_source(name, account)
        assert REAL in original.text, "base.lua reads the time in another way"
        return replace(original, text=original.text.replace(REAL, SET_BY_TEST))

    with patch.object(scripts, "_source", source), patch.object(MessageStore, "now", lambda _: clock.now):
        yield
