"""Who waits for a slot in this process. Not safe for threads by itself: the pump holds its lock around all of it."""

from collections import deque
from collections.abc import Callable
from threading import Lock

from zettai.core.lanes import Lane
from zettai_worker.limiter.errors import LimiterError
from zettai_worker.limiter.lanes import Turns


class Waiter:
    """One thread that waits for one slot. It is woken alone, by a lock of its own."""

    __slots__ = ("_signal", "deadline", "error", "lane", "slot")

    def __init__(self, lane: Lane, deadline: int) -> None:
        self.lane = lane
        self.deadline = deadline
        """The local instant until which it waits."""
        self.slot: int | None = None
        """The local instant that it got."""
        self.error: LimiterError | None = None
        """Why it gets none."""
        self._signal = Lock()
        self._signal.acquire()

    @property
    def is_served(self) -> bool:
        """Whether there is something for it: a slot, or an error."""
        return self.slot is not None or self.error is not None

    def sleep(self, seconds: float) -> None:
        """Sleep until served, but no longer than that. Called by the waiting thread."""
        self._signal.acquire(timeout=max(0.0, seconds))

    def serve(self, slot: int | None, error: LimiterError | None = None) -> None:
        """Hand over a slot or an error."""
        self.slot, self.error = slot, error
        self._signal.release()

    def reset(self) -> None:
        """Wait again, since the slot was missed. The signal is taken already, or was given without being waited for."""
        self.slot = None
        self._signal.acquire(blocking=False)


class WaitingRoom:
    """The waiting threads, by lane and then in the order of their coming."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, deque[Waiter]] = {}
        self._turns = Turns()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def has_urgent(self) -> bool:
        """Whether somebody waits in the urgent lane."""
        return Lane.URGENT in self._lanes

    def join(self, waiter: Waiter) -> None:
        """Wait in line."""
        self._lanes.setdefault(waiter.lane, deque()).append(waiter)
        self._count += 1

    def rejoin(self, waiter: Waiter) -> None:
        """Wait as the first in line."""
        self._lanes.setdefault(waiter.lane, deque()).appendleft(waiter)
        self._count += 1

    def leave(self, waiter: Waiter) -> None:
        """Wait no longer."""
        self._lanes[waiter.lane].remove(waiter)
        self._left(waiter.lane)

    def call(self) -> Waiter:
        """Who gets the next slot; somebody must be waiting."""
        lane = self._turns.next(self._lanes)
        waiter = self._lanes[lane].popleft()
        self._left(lane)
        return waiter

    def dismiss(self, error_for: Callable[[Waiter], LimiterError | None]) -> None:
        """Send away those for whom there is an error."""
        for waiter in [waiter for lane in self._lanes.values() for waiter in lane]:
            if error := error_for(waiter):
                self.leave(waiter)
                waiter.serve(None, error)

    def _left(self, lane: Lane) -> None:
        self._count -= 1
        if not self._lanes[lane]:
            del self._lanes[lane]
