"""The timeline in Redis for tests without a slot dispatcher."""

from redis import Redis

from zettai_worker.limiter import SlotStorage
from zettai_worker.limiter.slots import BookedSlots, TimelineState
from zettai_worker.limiter.spacing import HORIZON, Spacing

KEY = "zettai:limiter"


class Timeline:
    """The timeline of a limit of 600 calls a second. Tests can let time pass on it."""

    spacing = Spacing(step=1_675, reach=105_000)

    def __init__(self, storage: SlotStorage, redis: Redis) -> None:
        self.storage = storage
        self._redis = redis

    def book(self, wanted: int = 1, *, spacing: Spacing = spacing, horizon: int = HORIZON) -> BookedSlots:
        """Book slots as the slot dispatcher does."""
        return self.storage.book(KEY, spacing, wanted=wanted, horizon=horizon)

    def read_state(self, spacing: Spacing = spacing) -> TimelineState:
        """Return the state."""
        return self.storage.read_state(KEY, spacing)

    def slow_down(self, pause: int = 0) -> None:
        """Report that the provider refused a call."""
        self.storage.slow_down(KEY, pause)

    def set(self, **fields: int | str) -> None:
        """Write fields of the hash."""
        self._redis.hset(KEY, mapping={name: str(value) for name, value in fields.items()})

    def forget(self, *fields: str) -> None:
        """Delete fields, or the hash if no field is given."""
        if fields:
            self._redis.hdel(KEY, *fields)
        else:
            self._redis.delete(KEY)

    def read(self, field: str) -> str | None:
        """Return a field of the hash."""
        value = self._redis.hget(KEY, field)
        return None if value is None else str(value)

    def pass_time(self, microseconds: int) -> None:
        """Make all stored times earlier, as if so much time had passed."""
        for field in ("next", "cut_at", "pause"):
            if int(self.read(field) or 0) > 0:
                self._redis.hincrby(KEY, field, -microseconds)
