"""Durable acceptance: waiting until Redis has on disk what was just recorded. What is recorded is not known here.

`WAITAOF` waits for the writes of its own connection, so it travels in one pipeline with the script that writes. It is
never sent again by itself: on a new connection, which has written nothing, it would say yes to anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis import Redis
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from zettai.core.errors import DurabilityUnavailable
from zettai.core.settings import Settings
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.times import milliseconds

ANSWER_WITHIN = timedelta(seconds=5)
"""For an answer that nothing has to be waited for; the wait for the disk comes on top."""

AT_START = timedelta(seconds=2)
"""For the first question, so that a web app starts though Redis is away."""


@dataclass(frozen=True, slots=True)
class Durability:
    """How durable a record must be before it counts as such.

    Attributes:
        timeout: how long to wait for it.
        replicas: how many replicas must have it on their disks, beside the server itself.
    """

    timeout: timedelta
    replicas: int = 0

    @classmethod
    def of(cls, settings: Settings) -> "Durability":
        """As the settings have it."""
        return cls(settings.durable_timeout, settings.durable_replicas)


class Disk:
    """Runs scripts, and waits until what they wrote is on disk. Its connections are apart, since they wait long."""

    def __init__(self, url: str, durability: Durability) -> None:
        """Nothing is connected before the first call.

        Args:
            url: of Redis.
            durability: what to wait for.
        """
        self._redis = connect(url, timeout=ANSWER_WITHIN + durability.timeout)
        self._durability = durability
        self._checked = False

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[str]) -> tuple[Any, bool]:
        """Run a script that writes, and wait. Should the connection break, both are done again on a new one.

        Args:
            script: its source, which must be safe to run again, and write something each time.
            keys: its keys.
            arguments: its arguments.

        Returns:
            The script's answer, and whether what it wrote is known to be on disk.

        Raises:
            DurabilityUnavailable: the server cannot tell; the script was not run.
        """
        if not self._checked:
            self.check()
        with self._redis.pipeline(transaction=False) as pipe:
            # Not by its digest: a server that was restarted does not know it any more.
            pipe.eval(script, len(keys), *keys, *arguments)
            pipe.waitaof(1, self._durability.replicas, milliseconds(self._durability.timeout))
            answer, reached = pipe.execute(raise_on_error=False)
        if isinstance(answer, Exception):
            raise answer
        return answer, self._enough(reached)

    def check(self) -> None:
        """Ask the server whether it can be waited for.

        Raises:
            DurabilityUnavailable: it cannot, and why.
        """
        reason = why_not(self._redis)
        if reason is not None:
            raise DurabilityUnavailable(reason)
        self._checked = True

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _enough(self, reached: Any) -> bool:
        if isinstance(reached, Exception):
            # The server was exchanged for one that cannot: the next call shall say so before it records anything.
            self._checked = False
            return False
        here, replicas = reached
        return bool(here >= 1 and replicas >= self._durability.replicas)


def why_not(redis: Redis) -> str | None:
    """Why a server cannot tell that a write is on disk, and what to do; None where it can."""
    try:
        redis.waitaof(1, 0, 1)
    except NoPermissionError:
        return "its user must not call WAITAOF; allow it (+waitaof)"
    except ResponseError as error:
        if "unknown command" in str(error).lower():
            return "it has no WAITAOF; use Redis 7.2 or later, or Valkey"
        if "appendonly" in str(error).lower():
            return "it keeps no append-only file; set appendonly yes"
        return "it refuses WAITAOF; is it a replica?"
    if fsync(redis) == "no":
        return "it never waits for its disk; set appendfsync everysec, or always"
    return None


def fsync(redis: Redis) -> str | None:
    """The server's `appendfsync`; None where it keeps that to itself, as managed ones do."""
    try:
        return redis.config_get("appendfsync").get("appendfsync")
    except ResponseError:
        return None


def check_at_start(settings: Settings) -> None:
    """Where all messages shall be durable, see that they can be. A server that is away now is asked at first use.

    Raises:
        DurabilityUnavailable: it cannot.
    """
    with connect(settings.redis_url, retry=UNRETRIED, timeout=AT_START) as redis:
        try:
            reason = why_not(redis)
        except RedisError:
            reason = None
    if reason is not None:
        raise DurabilityUnavailable(reason)
