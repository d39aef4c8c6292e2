"""The booking of slots, as a strategy of `limits`. Who gets them, and when, is the pump's business."""

from datetime import timedelta
from typing import Final

from limits import RateLimitItem
from limits.storage import Storage
from limits.strategies import RateLimiter
from limits.util import WindowStats

from zettai_worker.limiter.lease import NOT_PAUSED, Lease, Timeline
from zettai_worker.limiter.pace import HORIZON, Pace
from zettai_worker.limiter.storage import SlotStorage
from zettai_worker.limiter.units import SECOND

SPREAD: Final = timedelta(milliseconds=5)


class SlotRateLimiter(RateLimiter):
    """Evenly spaced slots: in any window that is as long as the limit's period there are no more than it allows.

    Unused time is not saved up, so even a crowd that comes after a silence is paced from its first call.

    Unlike other strategies, this one keeps the timeline of a limit when its numbers change: the identifiers alone
    name it. So a new setting can be rolled out host by host.
    """

    storage: SlotStorage

    def __init__(self, storage: Storage, spread: timedelta = SPREAD) -> None:
        """Book on this storage.

        Args:
            storage: a `SlotStorage`.
            spread: see `Pace.of`.

        Raises:
            TypeError: the storage has no slots.
        """
        if not isinstance(storage, SlotStorage):
            raise TypeError(f"{type(storage).__name__} has no slots; use redis+slots://")
        super().__init__(storage)
        self._spread = spread

    def reserve(self, item: RateLimitItem, *identifiers: str, n: int = 1, horizon: int = HORIZON) -> Lease:
        """Book up to `n` consecutive slots, of which the first comes within `horizon` microseconds."""
        return self.storage.book(name_of(item, *identifiers), self.pace(item), wanted=n, horizon=horizon)

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Take the slot that is due now; False, and nothing taken, where none is."""
        _check_cost(cost)
        return self.reserve(item, *identifiers, horizon=0).count > 0

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Whether a slot is due now."""
        _check_cost(cost)
        return _is_due(self.look(item, *identifiers))

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        """When the next slot falls due by the clock of Redis, and whether that is now (1) or later (0)."""
        timeline = self.look(item, *identifiers)
        return WindowStats(timeline.first / SECOND, int(_is_due(timeline)))

    def clear(self, item: RateLimitItem, *identifiers: str) -> None:
        """Forget the timeline. As its history is then lost, the next slot comes after a silence."""
        self.storage.clear(name_of(item, *identifiers))

    def look(self, item: RateLimitItem, *identifiers: str) -> Timeline:
        """Look at the timeline."""
        return self.storage.look(name_of(item, *identifiers), self.pace(item))

    def pace(self, item: RateLimitItem) -> Pace:
        """The distance between the limit's slots."""
        return Pace.of(item, self._spread)


def name_of(item: RateLimitItem, *identifiers: str) -> str:
    """The key of a limit's timeline, whatever its numbers are."""
    return "/".join(identifiers) or item.namespace


def _is_due(timeline: Timeline) -> bool:
    return timeline.pause == NOT_PAUSED and timeline.first <= timeline.stamp


def _check_cost(cost: int) -> None:
    if cost != 1:
        raise ValueError("a slot is for one call; book several with reserve()")
