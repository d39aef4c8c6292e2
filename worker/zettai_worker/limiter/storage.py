"""The timeline of slots in Redis, as a storage of `limits`."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from limits.storage import RedisStorage
from redis import ConnectionPool

from zettai_worker.limiter.slots import BookedSlots, TimelineState
from zettai_worker.limiter.spacing import BATCH_HORIZON, Spacing


class SlotStorage(RedisStorage):
    """A timeline for each key: one hash, which Lua scripts change by the clock of Redis.

    `storage_from_string("redis+slots://HOST/0")` makes one, with any URL of Redis that `limits` accepts.
    """

    STORAGE_SCHEME = ["redis+slots", "rediss+slots", "redis+unix+slots"]  # noqa: RUF012 - declared by `limits`

    def __init__(
        self, uri: str = "redis+slots://", connection_pool: ConnectionPool | None = None, **options: Any
    ) -> None:
        """Open the storage without a connection to Redis.

        Args:
            uri: the address of Redis; not used if there is a pool.
            connection_pool: the pool of a client that does not retry. A retry would book slots twice.
            options: the options of `RedisStorage`.
        """
        super().__init__(uri.replace("+slots", "", 1), connection_pool, **options)

    def initialize_storage(self, uri: str) -> None:
        """Register the scripts. The first call of each one loads it into Redis."""
        super().initialize_storage(uri)
        register = self.get_connection().register_script
        self._book = register(_script("time", "timeline", "book"))
        self._read_state = register(_script("time", "timeline", "read_state"))
        self._slow_down = register(_script("time", "timeline", "slow_down"))
        self._pause = register(_script("time", "pause"))

    def book(
        self, key: str, spacing: Spacing, *, wanted: int, horizon: int, batch_horizon: int = BATCH_HORIZON
    ) -> BookedSlots:
        """Book consecutive slots: the first at most `horizon` ahead, the others at most `batch_horizon` ahead."""
        return BookedSlots(*self._run(self._book, key, wanted, spacing.step, spacing.reach, horizon, batch_horizon))

    def read_state(self, key: str, spacing: Spacing) -> TimelineState:
        """Return the state of the timeline."""
        return TimelineState(*self._run(self._read_state, key, spacing.step, spacing.reach))

    def slow_down(self, key: str, pause: int) -> None:
        """Cut the rate, at most once a second, and pause for `pause` microseconds."""
        self._run(self._slow_down, key, pause)

    def pause(self, key: str, duration: int) -> None:
        """Book no slots for `duration` microseconds, or `UNTIL_RESUMED`."""
        self._run(self._pause, key, duration)

    def resume(self, key: str) -> None:
        """End any pause."""
        self.storage.hdel(key, "pause")

    def set_override(self, key: str, spacing: Spacing | None) -> None:
        """Use this spacing if it is wider than that of a booking. None removes the override."""
        if spacing is None:
            self.storage.hdel(key, "override")
        else:
            self.storage.hset(key, "override", str(spacing.step))

    def _run(self, script: Any, key: str, *arguments: int) -> Sequence[int]:
        result: Sequence[int] = script(keys=[key], args=arguments)
        return result


@cache
def _script(*names: str) -> bytes:
    """Return one script made of several files."""
    folder = files("zettai_worker.limiter") / "lua"
    return b"\n".join((folder / f"{name}.lua").read_bytes() for name in names)
