"""The thread that gives slots to those who wait in this process: one per process, running from the first caller on.

It books a small lease when somebody waits, and gives each slot to the most urgent waiter only shortly before it falls
due. So an urgent call that comes late still goes first, and the lease is all that stands before it.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable

from redis.exceptions import RedisError

from zettai.core.lanes import Lane
from zettai_worker.limiter.clock import ServerClock
from zettai_worker.limiter.errors import LimiterError, LimiterPaused, LimiterTimeout, LimiterUnavailable
from zettai_worker.limiter.lease import NOT_PAUSED, UNTIL_RESUMED, Lease
from zettai_worker.limiter.pace import HORIZON, URGENT_HORIZON
from zettai_worker.limiter.units import MILLISECOND, SECOND, duration, local_now
from zettai_worker.limiter.waiting import Waiter, WaitingRoom

TOLERANCE = 3 * MILLISECOND
"""A slot is an instant: a caller that comes later than this after it does not use it."""

AHEAD = 5 * MILLISECOND
"""So long before the last slot of a lease, and a round trip more, the next one is booked."""

EARLY = 8 * MILLISECOND
"""So long before its slot a caller is woken, and sleeps the rest itself: so one late wake-up makes it late, not two."""

LEASE = 16 * MILLISECOND
"""About as far apart are the first and the last slot of a lease."""

RECHECK = 250 * MILLISECOND
"""How often a pause is looked at again, for it may have been ended early."""

COMEBACK = 3 * MILLISECOND
"""Within this time pumps come back that found no room on the timeline: not all at once."""


class Pump:
    """Slots for the waiting threads of one process."""

    def __init__(
        self, reserve: Callable[[int, int], Lease], *, on_missed_slot: Callable[[], None] | None = None
    ) -> None:
        """Take slots from `reserve(count, horizon)`; no thread is started yet."""
        self._reserve = reserve
        self._on_missed_slot = on_missed_slot
        self._clock = ServerClock()
        self._room = WaitingRoom()
        self._slots: deque[int] = deque()
        self._step = SECOND
        self._round_trip = 0
        self._comeback = 0
        self._newcomers = False
        self._thread: threading.Thread | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)

    def wait_for_slot(self, lane: Lane, deadline: int) -> None:
        """Come back at the instant of a slot, or raise why there is none by the deadline (a local instant)."""
        waiter = Waiter(lane, deadline)
        with self._lock:
            self._check_open()
            self._room.join(waiter)
            self._newcomers = True
            self._wake.notify()
        while not _met(self._slot_for(waiter)):
            if self._on_missed_slot is not None:
                self._on_missed_slot()
            with self._lock:
                self._check_open()
                waiter.reset()
                self._room.rejoin(waiter)
                self._wake.notify()

    def drop_slots(self) -> None:
        """Let the slots pass that nobody has yet: the rate has changed."""
        with self._lock:
            self._slots.clear()

    def close(self) -> None:
        """Stop the thread. Who waits gets `LimiterUnavailable`."""
        with self._lock:
            self._closed = True
            self._wake.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _check_open(self) -> None:
        """Start the thread if it does not run. Called with the lock held."""
        if self._closed:
            raise LimiterUnavailable("it is closed")
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="limiter", daemon=True)
            self._thread.start()

    def _slot_for(self, waiter: Waiter) -> int:
        """Sleep until the pump has served this waiter."""
        try:
            waiter.sleep((waiter.deadline - local_now()) / SECOND)
        finally:
            with self._lock:
                if not waiter.is_served:
                    self._room.leave(waiter)
        if waiter.error is not None:
            raise waiter.error
        if waiter.slot is None:
            raise LimiterTimeout
        return waiter.slot

    # What follows runs in the pump's thread; what does not take the lock is called with it held.

    def _run(self) -> None:
        try:
            while self._wait_for_demand():
                self._refill()
                self._hand_out()
        finally:
            with self._lock:
                self._thread = None
                self._room.dismiss(lambda _: LimiterUnavailable("its thread has ended"))

    def _wait_for_demand(self) -> bool:
        with self._lock:
            while not self._room and not self._closed:
                self._wake.wait()
            return not self._closed

    def _refill(self) -> None:
        """Book more slots if those at hand do not suffice and soon run out."""
        with self._lock:
            wanted, horizon = self._shortfall(), self._horizon()
            if not wanted:
                return
            self._newcomers = False
            sent = local_now()
            self._serve(until=sent + self._round_trip)
        try:
            lease = self._reserve(wanted, horizon)
            received = local_now()
        except RedisError as error:
            reason = f"Redis: {type(error).__name__}"
            with self._lock:
                self._room.dismiss(lambda _: LimiterUnavailable(reason))
            return
        with self._lock:
            self._round_trip = min(max(received - sent, self._round_trip * 9 // 10), LEASE)
            if self._clock.observe(sent, lease.stamp, received):
                self._slots.clear()
            self._take(lease, horizon)

    def _horizon(self) -> int:
        """How far ahead to book."""
        return URGENT_HORIZON if self._room.has_urgent else HORIZON

    def _shortfall(self) -> int:
        """How many slots to book now."""
        self._pass_slots()
        now = local_now()
        if self._slots and self._slots[-1] > now + AHEAD + self._round_trip:
            return 0
        return min(max(0, len(self._room) - len(self._slots)), 1 + LEASE // self._step)

    def _pass_slots(self) -> None:
        """Forget the slots that are missed."""
        missed = local_now() - TOLERANCE
        while self._slots and self._slots[0] < missed:
            self._slots.popleft()

    def _take(self, lease: Lease, horizon: int) -> None:
        """Keep what was booked, or note when to ask again."""
        self._step = lease.step
        self._slots.extend(self._clock.local(slot) for slot in lease.slots)
        if lease.pause != NOT_PAUSED:
            self._obey_pause(lease)
        elif not lease.count:
            self._comeback = self._clock.local(lease.first) - horizon + random.randrange(COMEBACK)  # noqa: S311

    def _obey_pause(self, lease: Lease) -> None:
        """Send away those who cannot wait for the end of the pause."""
        end = None if lease.pause == UNTIL_RESUMED else self._clock.local(lease.pause)
        remaining = None if end is None else duration(lease.pause - lease.stamp)

        def too_long_for(waiter: Waiter) -> LimiterError | None:
            return LimiterPaused(remaining) if end is None or waiter.deadline < end else None

        self._slots.clear()
        self._room.dismiss(too_long_for)
        self._comeback = local_now() + RECHECK if end is None else min(end, local_now() + RECHECK)

    def _hand_out(self) -> None:
        """Sleep until the next slot falls due, and give it away."""
        with self._lock:
            if not self._slots:
                self._await_comeback()
                return
            due = self._slots[0]
        time.sleep(max(0, due - EARLY - local_now()) / SECOND)
        with self._lock:
            self._pass_slots()
            self._serve(until=local_now() + EARLY)

    def _serve(self, until: int) -> None:
        """Give away the slots up to this instant. Who gets one early sleeps until it comes."""
        while self._slots and self._slots[0] <= until and self._room:
            self._room.call().serve(self._slots.popleft())

    def _await_comeback(self) -> None:
        """Wait for the time to ask again, or for a newcomer, who may be more urgent."""
        remaining = self._comeback - local_now()
        if self._room and remaining > 0 and not self._newcomers and not self._closed:
            self._wake.wait(remaining / SECOND)


def _met(slot: int) -> bool:
    """Sleep until the slot; False if it is missed."""
    early = slot - local_now()
    if early > 0:
        time.sleep(early / SECOND)
    return local_now() - slot <= TOLERANCE
