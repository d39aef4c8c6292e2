"""Durable messages: waits until Redis has its latest writes on disk.

`WAITAOF` waits for the writes of its own connection, so it is sent in one pipeline with the script that writes. It must
not be sent again alone: a new connection has written nothing, so `WAITAOF` would confirm at once.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from redis import Redis
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from zettai.core.errors import DurabilityUnavailable
from zettai.core.settings import Settings
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.times import milliseconds

AT_START = timedelta(seconds=2)
"""The time for the first check, so that a web app starts while Redis does not answer."""


class Disk:
    """Runs scripts, and waits until their writes are on disk. It has its own connections, because they block."""

    def __init__(self, url: str, replicas: int, *, timeout: timedelta, wait: timedelta) -> None:
        """Build without connecting.

        Args:
            url: the URL of Redis.
            replicas: how many replicas must have a write on disk, in addition to the server.
            timeout: for an answer of Redis. The wait for the disk is added to it.
            wait: how long to wait for the disk. Redis writes to it at least once a second, or the disk is overloaded.
        """
        self._redis = connect(url, timeout=timeout + wait)
        self._wait = wait
        self._replicas = replicas
        self._checked = False

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[str]) -> tuple[Any, bool]:
        """Run a script that writes, and wait for the disk. If the connection breaks, both are repeated on a new one.

        Args:
            script: the source. It must be safe to run twice, and write something each time.
            keys: the KEYS of the script.
            arguments: the ARGV of the script.

        Returns:
            The answer of the script, and whether its writes are known to be on disk.

        Raises:
            DurabilityUnavailable: the server cannot confirm writes to disk. The script was not run.
        """
        if not self._checked:
            self.check()
        with self._redis.pipeline(transaction=False) as pipe:
            # EVAL and not EVALSHA: a server that was restarted does not know the script.
            pipe.eval(script, len(keys), *keys, *arguments)
            pipe.waitaof(1, self._replicas, milliseconds(self._wait))
            answer, reached = pipe.execute(raise_on_error=False)
        if isinstance(answer, Exception):
            raise answer
        return answer, self._enough(reached)

    def check(self) -> None:
        """Check whether the server can confirm writes to disk.

        Raises:
            DurabilityUnavailable: the server cannot confirm writes to disk. The error has the reason.
        """
        reason = find_problem(self._redis)
        if reason is not None:
            raise DurabilityUnavailable(reason)
        self._checked = True

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _enough(self, reached: Any) -> bool:
        if isinstance(reached, Exception):
            # The server was replaced by one without WAITAOF: the next call checks it before it records anything.
            self._checked = False
            return False
        here, replicas = reached
        return bool(here >= 1 and replicas >= self._replicas)


def find_problem(redis: Redis) -> str | None:
    """Return why a server cannot confirm writes to disk, and what to do. None if it can."""
    try:
        redis.waitaof(1, 0, 1)
    except NoPermissionError:
        return "the user has no permission for WAITAOF; allow it (+waitaof)"
    except ResponseError as error:
        if "unknown command" in str(error).lower():
            return "it has no WAITAOF; use Redis 7.2 or later, or Valkey"
        if "appendonly" in str(error).lower():
            return "it has no append-only file; set appendonly yes"
        return "it refuses WAITAOF; check whether it is a replica"
    if read_appendfsync(redis) == "no":
        return "it does not sync to disk; set appendfsync everysec or always"
    return None


def read_appendfsync(redis: Redis) -> str | None:
    """Return the server's `appendfsync`. None if it refuses to tell, as managed servers do."""
    try:
        return redis.config_get("appendfsync").get("appendfsync")
    except ResponseError:
        return None


def check_at_start(settings: Settings) -> None:
    """Check a server for which all messages are durable. A server that does not answer is checked at its first use.

    Raises:
        DurabilityUnavailable: the server cannot confirm writes to disk.
    """
    with connect(settings.redis_url, retry=UNRETRIED, timeout=AT_START) as redis:
        try:
            reason = find_problem(redis)
        except RedisError:
            reason = None
    if reason is not None:
        raise DurabilityUnavailable(reason)
