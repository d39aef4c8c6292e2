"""`Limiter`, which the rest of the worker uses. Each process has one."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from weakref import WeakSet

from redis import Redis
from redis.exceptions import RedisError

from zettai.core.lanes import Lane
from zettai.core.redis_problem import describe_redis_error
from zettai.core.times import JST
from zettai_worker.limiter.errors import LimiterUnavailable
from zettai_worker.limiter.local_clock import ClockReading, read_clocks
from zettai_worker.limiter.microseconds import SECOND, to_microseconds, to_timedelta
from zettai_worker.limiter.slot_dispatcher import SlotDispatcher
from zettai_worker.limiter.slots import NOT_PAUSED, UNTIL_RESUMED, TimelineState
from zettai_worker.limiter.spacing import SPREAD, Spacing, parse_limit
from zettai_worker.limiter.storage import SlotStorage

WaitObserver: TypeAlias = Callable[[Lane, float], None]
"""Gets the lane of each caller and the seconds that it waited, with or without success. It must not raise."""

MissedSlotObserver: TypeAlias = Callable[[], None]
"""Is called for each slot that its caller was too late to use. It must not raise."""


@dataclass(frozen=True, slots=True)
class LimiterState:
    """The state of the limit, which all hosts share, at one time."""

    limit: str
    """The limit of the settings."""
    rate: float
    """Calls a second that are possible now: less than the limit by the spread, an override and cuts after refusals."""
    override: float | None
    """The maximum of calls a second that an operator set, if there is one."""
    paused: bool
    """Whether all calls are paused."""
    paused_until: datetime | None
    """The end of the pause, by the clock of Redis. None if there is no pause, or it lasts until an operator resumes."""
    booked: int
    """The number of slots booked in about the last second, including missed ones."""
    next_slot: timedelta
    """The time until the first free slot. It ignores a pause, and slots that a process has booked already."""


class Limiter:
    """One limit for all calls of all processes that use the same Redis and the same key. Safe for threads.

    It starts no thread and does not connect before the first call. A forked child starts with a new dispatcher.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        limit: str = "600/second",
        key: str,
        spread: timedelta = SPREAD,
        on_wait: WaitObserver | None = None,
        on_missed_slot: MissedSlotObserver | None = None,
        clocks: Callable[[], ClockReading] = read_clocks,
    ) -> None:
        """Set the limit.

        Args:
            redis: a client that does not retry (`UNRETRIED`), with a timeout of about 0.25 s.
            limit: the limit, in the grammar of `limits`.
            key: the hash in Redis that holds the state.
            spread: see `Spacing.of`. With a limit of 600 calls a second, 5 ms allows 597 and 10 ms allows 594.
            on_wait: observes how long each caller waited.
            on_missed_slot: observes each slot that its caller was too late to use.
            clocks: reads the clocks of this machine.

        Raises:
            ValueError: the limit is not valid.
        """
        self._limit = limit
        self._spacing = Spacing.of(parse_limit(limit), spread)
        self._key = key
        self._spread = spread
        self._on_wait = on_wait
        self._on_missed_slot = on_missed_slot
        self._clocks = clocks
        self._storage = SlotStorage(connection_pool=redis.connection_pool)
        self._new_dispatcher()
        _limiters.add(self)

    def acquire(self, lane: Lane, *, timeout: timedelta) -> datetime:
        """Block until the time of a slot for this caller. Call the provider at once when this returns.

        Returns:
            The time of the slot by the clock of Redis, which is the present time. It is right also after the machine
            was suspended or the process was stopped: a slot from before that is not used.

        Raises:
            LimiterTimeout: no slot was free in time.
            LimiterPaused: all calls are paused for longer than the timeout. This is raised at once.
            LimiterUnavailable: Redis does not answer.
        """
        started = self._clocks().local
        try:
            slot = self._dispatcher.wait_for_slot(lane, started + to_microseconds(timeout))
        finally:
            if self._on_wait is not None:
                self._on_wait(lane, (self._clocks().local - started) / SECOND)
        return _to_datetime(slot)

    def call_written(self) -> None:
        """Check the time when the call of this thread's slot was written.

        On a busy machine that can be so late that the call takes the place of the next slot of this process. Then that
        one stays unused.
        """
        self._dispatcher.call_written()

    def slow_down(self, retry_after: timedelta | None = None) -> None:
        """Cut the rate of all hosts after the provider refused a call (429, 503). The rate recovers by itself.

        Args:
            retry_after: how long the provider asks us to make no calls. The provider client has cut it to minutes.
        """
        with self._change():
            self._storage.slow_down(self._key, to_microseconds(retry_after or timedelta()))

    def set_rate(self, limit: str | None) -> None:
        """Set a slower limit than that of the settings, for all hosts. None removes it.

        Raises:
            ValueError: the limit is not valid, or faster than that of the settings.
        """
        spacing = None if limit is None else self.check_rate(limit)
        with self._change():
            self._storage.set_override(self._key, spacing)

    def check_rate(self, limit: str) -> Spacing:
        """Return the spacing of a limit that `set_rate` accepts, without setting it.

        Raises:
            ValueError: the limit is not valid, or faster than that of the settings.
        """
        spacing = Spacing.of(parse_limit(limit), self._spread)
        if spacing.step < self._spacing.step:
            raise ValueError(f"{limit} is faster than the limit of the settings, {self._limit}")
        return spacing

    def pause(self, for_: timedelta | None = None) -> None:
        """Pause all calls of all hosts, for a time or until `resume`. Other hosts still use what they booked."""
        with self._change():
            self._storage.pause(self._key, UNTIL_RESUMED if for_ is None else to_microseconds(for_))

    def resume(self) -> None:
        """End any pause, including one that the provider asked for."""
        with self._change():
            self._storage.resume(self._key)

    def state(self) -> LimiterState:
        """Return the state of the limit.

        Raises:
            LimiterUnavailable: Redis does not answer.
        """
        with _unavailable_without_redis():
            timeline = self._storage.read_state(self._key, self._spacing)
        return self._limiter_state(timeline)

    def close(self) -> None:
        """Stop the thread. Each waiting caller gets `LimiterClosed`. The Redis client stays open."""
        self._dispatcher.close()

    def _new_dispatcher(self) -> None:
        self._dispatcher = SlotDispatcher(
            lambda wanted, horizon, batch_horizon: self._storage.book(
                self._key, self._spacing, wanted=wanted, horizon=horizon, batch_horizon=batch_horizon
            ),
            clocks=self._clocks,
            on_missed_slot=self._on_missed_slot,
        )

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Drop the slots that this process booked before a change. Other processes use theirs for up to 0.1 s more."""
        with _unavailable_without_redis():
            yield
        self._dispatcher.drop_slots()

    def _limiter_state(self, timeline: TimelineState) -> LimiterState:
        ends = timeline.pause not in {NOT_PAUSED, UNTIL_RESUMED}
        return LimiterState(
            limit=self._limit,
            rate=SECOND / timeline.step,
            override=SECOND / timeline.override if timeline.override else None,
            paused=timeline.pause != NOT_PAUSED,
            paused_until=_to_datetime(timeline.pause) if ends else None,
            booked=timeline.booked,
            next_slot=to_timedelta(timeline.first - timeline.server_time),
        )


def _to_datetime(server_time: int) -> datetime:
    return datetime.fromtimestamp(server_time / SECOND, JST)


@contextmanager
def _unavailable_without_redis() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise LimiterUnavailable(f"Redis cannot be used, {describe_redis_error(error)}") from None


_limiters: WeakSet[Limiter] = WeakSet()


def _reset_in_child() -> None:
    """Start with new dispatchers. A forked child has none of its parent's threads, and locks may stay locked."""
    for limiter in _limiters:
        limiter._new_dispatcher()  # noqa: SLF001


os.register_at_fork(after_in_child=_reset_in_child)
