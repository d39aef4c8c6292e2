"""The timeline of slots in Redis, as a storage of `limits`. When to book, and for whom, is decided elsewhere."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from limits.storage import RedisStorage
from redis import ConnectionPool

from zettai_worker.limiter.lease import Lease, Timeline
from zettai_worker.limiter.pace import SPAN, Pace


class SlotStorage(RedisStorage):
    """A timeline for each key: one hash, changed by scripts that read the server's own clock.

    `storage_from_string("redis+slots://HOST/0")` makes one, with any URL that `limits` knows for Redis.
    """

    STORAGE_SCHEME = ["redis+slots", "rediss+slots", "redis+unix+slots"]  # noqa: RUF012 - declared by `limits`

    def __init__(
        self, uri: str = "redis+slots://", connection_pool: ConnectionPool | None = None, **options: float | str | bool
    ) -> None:
        """Open the storage without a connection to Redis.

        Args:
            uri: the address of Redis; not used if there is a pool.
            connection_pool: the pool of a client that does not retry. A retry would book slots twice.
            options: the options of `RedisStorage`.
        """
        super().__init__(uri.replace("+slots", "", 1), connection_pool, **options)  # type: ignore[arg-type]

    def initialize_storage(self, uri: str) -> None:
        """Register the scripts; they are loaded when they are first run."""
        super().initialize_storage(uri)
        register = self.get_connection().register_script
        self._book = register(_source("book"))
        self._look = register(_source("look"))
        self._slow_down = register(_source("slow_down"))
        self._pause = register(_source("pause"))

    def book(self, key: str, pace: Pace, *, wanted: int, horizon: int, span: int = SPAN) -> Lease:
        """Book consecutive slots, of which the first lies within `horizon` and the others within `span` from now."""
        return Lease(*self._run(self._book, key, wanted, pace.step, pace.reach, horizon, span))

    def look(self, key: str, pace: Pace) -> Timeline:
        """Look at the timeline."""
        return Timeline(*self._run(self._look, key, pace.step, pace.reach))

    def slow_down(self, key: str, pause: int) -> None:
        """Cut the rate, at most once in a second, and pause for that many microseconds, or 0."""
        self._run(self._slow_down, key, pause)

    def pause(self, key: str, duration: int) -> None:
        """Book nothing for that many microseconds, or `UNTIL_RESUMED`."""
        self._run(self._pause, key, duration)

    def resume(self, key: str) -> None:
        """End any pause."""
        self.storage.hdel(key, "pause")

    def override(self, key: str, pace: Pace | None) -> None:
        """Go at this pace where it is slower than the one that a booking names; None ends that."""
        if pace is None:
            self.storage.hdel(key, "override")
        else:
            self.storage.hset(key, "override", str(pace.step))

    def _run(self, script: Any, key: str, *arguments: int) -> Sequence[int]:
        result: Sequence[int] = script(keys=[key], args=arguments)
        return result


@cache
def _source(name: str) -> bytes:
    """A script, with what all scripts share in front of it."""
    folder = files("zettai_worker.limiter") / "lua"
    return b"\n".join((folder / part).read_bytes() for part in ("timeline.lua", f"{name}.lua"))
