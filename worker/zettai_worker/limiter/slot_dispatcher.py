"""The thread that books slots and gives them to waiting threads. Each process has one; its first caller starts it.

It books a few slots when a thread waits, and gives each slot to the most urgent waiter only shortly before its time.
So an urgent call that arrives late still goes first, after the calls that already have a slot.
"""

import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

from redis.exceptions import RedisError

from zettai.core.lanes import Lane
from zettai.core.redis_problem import describe_redis_error
from zettai_worker.limiter.clock import ServerClock
from zettai_worker.limiter.errors import LimiterClosed, LimiterError, LimiterPaused, LimiterTimeout, LimiterUnavailable
from zettai_worker.limiter.local_clock import ClockReading, read_clocks
from zettai_worker.limiter.microseconds import MILLISECOND, SECOND, to_timedelta
from zettai_worker.limiter.slots import MAX_WRITE_LATENESS, NOT_PAUSED, UNTIL_RESUMED, BookedSlots, Slot
from zettai_worker.limiter.spacing import BATCH_HORIZON, FAR_HORIZON, HORIZON, URGENT_HORIZON
from zettai_worker.limiter.waiter_queue import Waiter, WaiterQueue

BOOK_AHEAD = 5 * MILLISECOND
"""The next slots are booked this long, and a round trip, before the last booked slot."""

WAKE_AHEAD = 8 * MILLISECOND
"""A caller gets its slot at least this early and sleeps until its time. So one late wake-up can delay it, not two."""

GIVE_AHEAD = 16 * MILLISECOND
"""The slots up to so far ahead are given together. So this thread wakes once for several slots, and takes less time."""

MAX_BOOKING_LENGTH = 16 * MILLISECOND
"""The approximate time from the first to the last slot of one booking."""

MAX_ROUND_TRIP = 50 * MILLISECOND
"""A longer round trip to Redis counts as this. The slots of a round trip are given before a booking, during which this
thread can give none.
"""

PAUSE_CHECK_INTERVAL = 250 * MILLISECOND
"""How often a pause is read again, because it may end early."""

MAX_RETRY_JITTER = 3 * MILLISECOND
"""A random delay up to this keeps processes that found no free slot from asking again all at once."""


class _LastSlot(threading.local):
    """The slot that a thread got last."""

    due = sys.maxsize
    """Its local time. A thread that got none is never late."""


class SlotDispatcher:
    """Books slots for the waiting threads of one process."""

    def __init__(
        self,
        book: Callable[[int, int, int], BookedSlots],
        *,
        clocks: Callable[[], ClockReading] = read_clocks,
        on_missed_slot: Callable[[], None] | None = None,
    ) -> None:
        """Book slots with `book(wanted, horizon, batch_horizon)`. This starts no thread yet."""
        self._book = book
        self._clocks = clocks
        self._on_missed_slot = on_missed_slot
        self._clock = ServerClock()
        self._waiters = WaiterQueue()
        self._slots: deque[Slot] = deque()
        self._step = SECOND
        self._round_trip = 0
        self._retry_at = 0
        self._has_new_waiters = False
        self._owed_slots = 0
        self._last_slot = _LastSlot()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    def wait_for_slot(self, lane: Lane, deadline: int) -> int:
        """Block until the time of a slot for this caller. The deadline is a local time.

        Returns:
            The time of the slot, by the clock of Redis.

        Raises:
            LimiterError: there is no slot before the deadline.
        """
        waiter = Waiter(lane, deadline)
        with self._lock:
            self._ensure_running()
            self._waiters.add(waiter)
            self._has_new_waiters = True
            self._changed.notify()
        while not self._sleep_until(slot := self._slot_for(waiter)):
            if self._on_missed_slot is not None:
                self._on_missed_slot()
            with self._lock:
                self._ensure_running()
                waiter.reset()
                self._waiters.add_first(waiter)
                self._changed.notify()
        self._last_slot.due = slot.due
        return slot.server_time

    def call_written(self) -> None:
        """Leave the next slot unused if the call of this thread was written much later than its slot."""
        if self._now() - self._last_slot.due > MAX_WRITE_LATENESS:
            with self._lock:
                self._owed_slots += 1

    def drop_slots(self) -> None:
        """Drop the booked slots that no waiter has yet, because the rate has changed."""
        with self._lock:
            self._slots.clear()

    def close(self) -> None:
        """Stop the thread. Each waiter gets `LimiterClosed`."""
        with self._lock:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _ensure_running(self) -> None:
        """Start the thread if it does not run. Call this with the lock held."""
        if self._closed:
            raise LimiterClosed
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="limiter", daemon=True)
            self._thread.start()

    def _slot_for(self, waiter: Waiter) -> Slot:
        """Wait for this waiter's slot and return it."""
        try:
            waiter.wait((waiter.deadline - self._now()) / SECOND)
        finally:
            with self._lock:
                if not waiter.is_done:
                    self._waiters.remove(waiter)
        if waiter.error is not None:
            raise waiter.error
        if waiter.slot is None:
            raise LimiterTimeout
        return waiter.slot

    def _sleep_until(self, slot: Slot) -> bool:
        """Sleep until the slot. Return False if the slot must not be used: it is too late, or a clock was set."""
        early = slot.due - self._now()
        if early > 0:
            time.sleep(early / SECOND)
        return slot.is_usable(self._clocks())

    def _now(self) -> int:
        return self._clocks().local

    # The methods below run in the dispatcher's thread. Those that do not take the lock are called with it held.

    def _run(self) -> None:
        try:
            while self._wait_for_waiters():
                self._book_if_needed()
                self._give_next_slots()
        finally:
            with self._lock:
                self._thread = None
                closed = self._closed
                self._waiters.fail(lambda _: LimiterClosed() if closed else LimiterUnavailable("its thread has ended"))

    def _wait_for_waiters(self) -> bool:
        """Block until a thread waits. Return False if the dispatcher is closed."""
        with self._lock:
            while not self._waiters and not self._closed:
                self._changed.wait()
            return not self._closed

    def _book_if_needed(self) -> None:
        with self._lock:
            wanted = self._slots_to_book()
            if not wanted:
                return
            farther = min(self._round_trip, FAR_HORIZON)
            horizon = farther + (URGENT_HORIZON if self._waiters.has_urgent else HORIZON)
            batch_horizon = farther + BATCH_HORIZON
            self._has_new_waiters = False
            asked_at = self._clocks()
            self._give_slots(until=asked_at.local + self._round_trip)
        try:
            booked = self._book(wanted, horizon, batch_horizon)
            received = self._now()
        except RedisError as error:
            reason = f"Redis cannot be used, {describe_redis_error(error)}"
            with self._lock:
                self._waiters.fail(lambda _: LimiterUnavailable(reason))
            return
        with self._lock:
            self._round_trip = min(max(received - asked_at.local, self._round_trip * 9 // 10), MAX_ROUND_TRIP)
            if self._clock.observe(asked_at.local, booked.server_time, received):
                self._slots.clear()
            self._add(booked, horizon, asked_at)

    def _slots_to_book(self) -> int:
        """Return how many slots to book now: none while the booked ones last."""
        self._drop_unusable_slots()
        if self._slots and self._slots[-1].due > self._now() + BOOK_AHEAD + self._round_trip:
            return 0
        return min(max(0, len(self._waiters) - len(self._slots)), 1 + MAX_BOOKING_LENGTH // self._step)

    def _drop_unusable_slots(self) -> None:
        now = self._clocks()
        while self._slots and not self._slots[0].is_usable(now):
            self._slots.popleft()

    def _add(self, booked: BookedSlots, horizon: int, asked_at: ClockReading) -> None:
        """Add the booked slots. If there are none, set the time to ask again."""
        self._step = booked.step
        self._slots.extend(Slot(moment, self._clock.to_local(moment), asked_at) for moment in booked.slots)
        if booked.pause != NOT_PAUSED:
            self._apply_pause(booked)
        elif not booked.count:
            self._retry_at = self._clock.to_local(booked.first) - horizon + random.randrange(MAX_RETRY_JITTER)  # noqa: S311

    def _apply_pause(self, booked: BookedSlots) -> None:
        """Drop all slots. Fail the waiters whose deadline is before the end of the pause."""
        end = None if booked.pause == UNTIL_RESUMED else self._clock.to_local(booked.pause)
        remaining = None if end is None else to_timedelta(booked.pause - booked.server_time)

        def error_for(waiter: Waiter) -> LimiterError | None:
            return LimiterPaused(remaining) if end is None or waiter.deadline < end else None

        self._slots.clear()
        self._waiters.fail(error_for)
        check_at = self._now() + PAUSE_CHECK_INTERVAL
        self._retry_at = check_at if end is None else min(end, check_at)

    def _give_next_slots(self) -> None:
        """Sleep until shortly before the next slot, then give it to a waiter."""
        with self._lock:
            if not self._slots:
                self._wait_to_retry()
                return
            next_slot = self._slots[0].due
        # No longer than the horizon, so that close() never waits longer, even if a slot is wrongly far away.
        early = min(next_slot - WAKE_AHEAD - self._now(), URGENT_HORIZON)
        time.sleep(max(0, early) / SECOND)
        with self._lock:
            self._drop_unusable_slots()
            self._give_slots(until=self._now() + GIVE_AHEAD)

    def _give_slots(self, until: int) -> None:
        """Give the slots up to this time to waiters. A waiter sleeps until the time of its slot."""
        while self._slots and self._slots[0].due <= until and self._waiters:
            slot = self._slots.popleft()
            if self._owed_slots:
                self._owed_slots -= 1
            else:
                self._waiters.pop().give_slot(slot)

    def _wait_to_retry(self) -> None:
        """Wait until it is time to ask again, or until a new waiter arrives, which may be more urgent."""
        remaining = self._retry_at - self._now()
        if self._waiters and remaining > 0 and not self._has_new_waiters and not self._closed:
            self._changed.wait(remaining / SECOND)
