"""The limit of failed logins from one address. It is in Redis, so all processes of the console share it."""

from datetime import timedelta

from redis import Redis

from zettai.core.addresses import counted_address
from zettai.core.store.keys import Keys

MOST = 10
"""Failed logins from one address within `WINDOW`."""

WINDOW = timedelta(minutes=10)
"""It begins with the first failed login."""


class LoginLimit:
    """Counts logins by the address of the browser."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    def count(self, host: str | None) -> timedelta | None:
        """Count a login. Return how long the address must wait, or None if it may log in.

        It is counted before the key is looked at, so that parallel logins cannot pass the limit.

        Raises:
            RedisError: Redis did not answer.
        """
        key = self._key(host)
        with self._redis.pipeline() as pipe:
            pipe.set(key, 0, nx=True, px=WINDOW)
            pipe.incr(key)
            pipe.pttl(key)
            _, count, left = pipe.execute()
        return timedelta(milliseconds=max(left, 1)) if count > MOST else None

    def forget(self, host: str | None) -> None:
        """Forget the failed logins of an address, after one that did not fail."""
        self._redis.delete(self._key(host))

    def _key(self, host: str | None) -> str:
        return self._keys.failed_logins(counted_address(host))
