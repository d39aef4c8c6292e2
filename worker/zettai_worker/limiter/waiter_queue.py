"""The threads of this process that wait for a slot. Not safe for threads: the slot dispatcher holds its lock."""

from collections import deque
from collections.abc import Callable
from threading import Lock

from zettai.core.lanes import Lane
from zettai_worker.limiter.errors import LimiterError
from zettai_worker.limiter.lanes import LaneChooser
from zettai_worker.limiter.slots import Slot


class Waiter:
    """One thread that waits for one slot. It has its own lock, so that it is woken alone."""

    __slots__ = ("_done", "deadline", "error", "lane", "slot")

    def __init__(self, lane: Lane, deadline: int) -> None:
        self.lane = lane
        self.deadline = deadline
        """The local time until which it waits."""
        self.slot: Slot | None = None
        """The slot that it got."""
        self.error: LimiterError | None = None
        """Why it gets no slot."""
        self._done = Lock()
        self._done.acquire()

    @property
    def is_done(self) -> bool:
        """Whether it has a slot or an error."""
        return self.slot is not None or self.error is not None

    def wait(self, seconds: float) -> None:
        """Block until there is a slot or an error, but no longer than that. The waiting thread calls this."""
        self._done.acquire(timeout=max(0.0, seconds))

    def give_slot(self, slot: Slot) -> None:
        """Set the slot and wake the thread."""
        self.slot = slot
        self._done.release()

    def fail(self, error: LimiterError) -> None:
        """Set the error and wake the thread."""
        self.error = error
        self._done.release()

    def reset(self) -> None:
        """Prepare to wait again after a missed slot. If the thread did not take its lock, take it now."""
        self.slot = None
        self._done.acquire(blocking=False)


class WaiterQueue:
    """The waiting threads, by lane and then in the order of their arrival."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, deque[Waiter]] = {}
        self._chooser = LaneChooser()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def has_urgent(self) -> bool:
        """Whether a thread waits in the urgent lane."""
        return Lane.URGENT in self._lanes

    def add(self, waiter: Waiter) -> None:
        """Add a waiter at the end of its lane."""
        self._lanes.setdefault(waiter.lane, deque()).append(waiter)
        self._count += 1

    def add_first(self, waiter: Waiter) -> None:
        """Add a waiter at the start of its lane."""
        self._lanes.setdefault(waiter.lane, deque()).appendleft(waiter)
        self._count += 1

    def remove(self, waiter: Waiter) -> None:
        """Remove a waiter."""
        self._lanes[waiter.lane].remove(waiter)
        self._count_removed(waiter.lane)

    def pop(self) -> Waiter:
        """Remove and return the waiter that gets the next slot. There must be one."""
        lane = self._chooser.choose(self._lanes)
        waiter = self._lanes[lane].popleft()
        self._count_removed(lane)
        return waiter

    def fail(self, error_for: Callable[[Waiter], LimiterError | None]) -> None:
        """Remove the waiters for which `error_for` returns an error, and give it to them."""
        for waiter in [waiter for lane in self._lanes.values() for waiter in lane]:
            if error := error_for(waiter):
                self.remove(waiter)
                waiter.fail(error)

    def _count_removed(self, lane: Lane) -> None:
        self._count -= 1
        if not self._lanes[lane]:
            del self._lanes[lane]
