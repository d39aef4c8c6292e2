"""The limit of failed logins from one address. It is in Redis, so all processes of the console share it."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from redis import Redis

from zettai.core.store.keys import Keys

MOST = 10
"""Failed logins from one address within `WINDOW`."""

WINDOW = timedelta(minutes=10)
"""It begins with the first failed login."""

IPV6_PREFIX = 64
"""Bits of an IPv6 address that count: one customer of a network has at least all addresses behind them."""


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


def counted_address(host: str | None) -> str:
    """Return what logins from an address count for: the address itself, or the network of an IPv6 address."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False).network_address)
    return str(address)
