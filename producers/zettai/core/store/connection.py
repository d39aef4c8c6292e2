"""Connections to Redis: turns a URL into a client."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from math import inf
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from redis import Redis, Sentinel, exceptions
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.retry import Retry

from zettai.core.errors import LedgerUnavailable
from zettai.core.redis_problem import describe_redis_error
from zettai.core.redis_url import SCHEMES

Answer = TypeVar("Answer")

_retry_until: ContextVar[float] = ContextVar("retry_until", default=inf)
"""When the present call of the client stops to try again, on the monotonic clock."""


class RetryUntilDeadline(Retry):
    """Tries again until the deadline of the present call. redis-py's own retries are nested, and have no common end."""

    def call_with_retry(
        self,
        do: Callable[[], Answer],
        fail: Callable[..., Any],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,  # noqa: FBT001, FBT002 - redis-py's signature
    ) -> Answer:
        """Call `do`, and again after an error, as long as there is time."""

        def in_time(error: Exception) -> bool:
            return monotonic() < _retry_until.get() and (is_retryable is None or is_retryable(error))

        return super().call_with_retry(do, fail, in_time, with_failure_count)


RETRIED = RetryUntilDeadline(ExponentialWithJitterBackoff(cap=0.5, base=0.02), retries=5)
"""For commands that are safe to repeat. Every script of the store is."""

UNRETRIED = Retry(NoBackoff(), retries=0)
"""For commands that must not run twice, such as bookings, even if their answer is lost."""


def connect(
    url: str,
    *,
    retry: Retry = RETRIED,
    timeout: timedelta = timedelta(seconds=5),
    connections: int | None = None,
) -> Redis:
    """Return a client. It connects at the first command.

    Args:
        url: `redis://`, `rediss://`, `redis+socket://PATH?virtual_host=DB`, or
            `sentinel://HOST:PORT/DB[;sentinel://HOST:PORT/DB…]?master=NAME`.
        retry: whether to send a command again if its answer is lost.
        timeout: for connecting and for each answer.
        connections: the size of the pool. Without it, the pool grows with the number of threads.

    Raises:
        ValueError: the scheme of the URL is not one of these.
    """
    options: dict[str, Any] = {
        "retry": retry,
        "socket_timeout": timeout.total_seconds(),
        "socket_connect_timeout": timeout.total_seconds(),
        "socket_keepalive": True,
        "decode_responses": True,
    }
    if connections is not None:
        options["max_connections"] = connections
    scheme = urlsplit(url).scheme
    if scheme in {"redis", "rediss"}:
        return Redis.from_url(url, **options)
    if scheme == "redis+socket":
        return Redis.from_url(_unix_url(url), **_without(options, "socket_keepalive"))
    if scheme == "sentinel":
        return _sentinel_master(url, options)
    raise ValueError(f"the URL of Redis must have one of the schemes {', '.join(SCHEMES)}, got {scheme}")


REDIS_AWAY = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.MasterDownError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
)
"""Errors of a Redis that cannot do anything now, and may later. Others concern one command, and would come again."""


@contextmanager
def store_errors(client_tag: str | None = None, retry_for: timedelta | None = None) -> Iterator[None]:
    """Translate errors of redis-py into `LedgerUnavailable`.

    Args:
        client_tag: named in the error.
        retry_for: after this time nothing is tried again.

    Raises:
        LedgerUnavailable: Redis did not answer.
    """
    until = inf if retry_for is None else monotonic() + retry_for.total_seconds()
    token = _retry_until.set(min(until, _retry_until.get()))
    reason: str | None = None
    try:
        yield
    except exceptions.RedisError as error:
        reason = describe_redis_error(error)
    finally:
        _retry_until.reset(token)
    if reason is not None:
        unavailable = LedgerUnavailable(client_tag, reason=reason)
        try:
            raise unavailable
        finally:
            # The cause may contain the URL of Redis with its password, and its frames hold the number and the text.
            unavailable.__context__ = None


def _unix_url(url: str) -> str:
    """Convert kombu's `redis+socket://PATH?virtual_host=N` to redis-py's `unix://PATH?db=N`."""
    parts = urlsplit(url)
    database = parse_qs(parts.query).get("virtual_host", ["0"])[0]
    return f"unix://{parts.netloc}{parts.path}?db={database}"


def _sentinel_master(url: str, options: dict[str, Any]) -> Redis:
    """Return a client that asks the sentinels for the master at every connection, so that it follows a failover."""
    first = urlsplit(url.split(";", maxsplit=1)[0])
    last = urlsplit(url.rsplit(";", maxsplit=1)[-1])
    hosts = [urlsplit(part) for part in url.split(";")]
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        [(host.hostname or "localhost", host.port or 26379) for host in hosts],
        # Do not retry a sentinel that does not answer: ask the next one.
        sentinel_kwargs={"socket_timeout": options["socket_timeout"], "retry": UNRETRIED},
    )
    master = parse_qs(last.query).get("master", ["mymaster"])[0]
    database = int(first.path.strip("/") or 0)
    client: Redis = sentinel.master_for(  # type: ignore[no-untyped-call]
        master, db=database, username=first.username, password=first.password, **options
    )
    return client


def _without(options: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key != name}
