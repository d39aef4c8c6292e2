"""What the rest of the worker uses of the limit: `Limiter`, one per process. How slots are booked is not known here."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeAlias
from weakref import WeakSet

from redis import Redis
from redis.exceptions import RedisError

from zettai.core.lanes import Lane
from zettai.core.times import JST
from zettai_worker.limiter.errors import LimiterUnavailable
from zettai_worker.limiter.lease import NOT_PAUSED, UNTIL_RESUMED, Timeline
from zettai_worker.limiter.pace import SPREAD, Pace, parse_limit
from zettai_worker.limiter.pump import Pump
from zettai_worker.limiter.storage import SlotStorage
from zettai_worker.limiter.units import SECOND, duration, local_now, microseconds

WaitObserver: TypeAlias = Callable[[Lane, float], None]
"""Gets the lane of each caller and the seconds that it waited, with or without success. It must not raise."""

MissedSlotObserver: TypeAlias = Callable[[], None]
"""Is called for each slot that its caller was too late to use. It must not raise."""


@dataclass(frozen=True, slots=True)
class LimiterState:
    """The limit as all hosts share it, at one instant."""

    limit: str
    """The setting."""
    rate: float
    """Calls in a second, now: the setting less the headroom, an operator's override and what refusals have cut."""
    override: float | None
    """Calls in a second that an operator allows at most."""
    paused: bool
    """Whether no calls are made now."""
    paused_until: datetime | None
    """When the pause ends, by the clock of Redis; None where there is none, or where it lasts until resumed."""
    booked: int
    """Slots booked in the last second, or thereabouts. Those that were missed are among them."""
    next_slot: timedelta
    """How long a caller would wait now, were there no pause and no lease."""


class Limiter:
    """One limit for all calls of all processes that use the same Redis and the same key. Safe for threads.

    Nothing is started and nobody is asked before the first call, and a forked child begins anew: both suit Celery.
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
    ) -> None:
        """Describe the limit.

        Args:
            redis: a client that does not retry (`UNRETRIED`) and gives up after about 0.25 s.
            limit: in the grammar of `limits`.
            key: the hash in Redis that holds the state.
            spread: see `Pace.of`: 5 ms leaves 597 of 600 calls in a second, 10 ms leaves 594.
            on_wait: gets how long each caller waited.
            on_missed_slot: is called for each slot that its caller was too late to use.

        Raises:
            ValueError: the limit makes no sense.
        """
        self._limit = limit
        self._pace = Pace.of(parse_limit(limit), spread)
        self._key = key
        self._spread = spread
        self._on_wait = on_wait
        self._on_missed_slot = on_missed_slot
        self._storage = SlotStorage(connection_pool=redis.connection_pool)
        self._begin()
        _limiters.add(self)

    def acquire(self, lane: Lane, *, timeout: timedelta) -> None:
        """Block until a slot falls due for this caller, and come back at its instant: now is the time to call.

        Raises:
            LimiterTimeout: no slot fell due in time.
            LimiterPaused: all calls are paused for longer than that; raised at once.
            LimiterUnavailable: Redis does not answer.
        """
        started = monotonic()
        try:
            self._pump.wait_for_slot(lane, local_now() + microseconds(timeout))
        finally:
            if self._on_wait is not None:
                self._on_wait(lane, monotonic() - started)

    def slow_down(self, retry_after: timedelta | None = None) -> None:
        """The provider refused a call (429, 503): cut the rate of all hosts, which then grows back.

        Args:
            retry_after: how long the provider wants to see no calls.
        """
        with self._changing():
            self._storage.slow_down(self._key, microseconds(retry_after or timedelta()))

    def set_rate(self, limit: str | None) -> None:
        """Let an operator go slower than the setting, on all hosts; None ends that.

        Raises:
            ValueError: that is no limit, or a faster one than the setting.
        """
        pace = None if limit is None else Pace.of(parse_limit(limit), self._spread)
        if pace and pace.step < self._pace.step:
            raise ValueError(f"{limit} is faster than the setting, {self._limit}")
        with self._changing():
            self._storage.override(self._key, pace)

    def pause(self, for_: timedelta | None = None) -> None:
        """Stop all calls of all hosts: for a time, or until resumed. Slots that were given away may still be used."""
        with self._changing():
            self._storage.pause(self._key, UNTIL_RESUMED if for_ is None else microseconds(for_))

    def resume(self) -> None:
        """End any pause, also one that the provider asked for."""
        with self._changing():
            self._storage.resume(self._key)

    def show(self) -> LimiterState:
        """How the limit stands."""
        with _unavailable_without_redis():
            timeline = self._storage.look(self._key, self._pace)
        return self._state(timeline)

    def close(self) -> None:
        """Let nobody wait any longer, and end the thread. The Redis client stays open."""
        self._pump.close()

    def _begin(self) -> None:
        self._pump = Pump(
            lambda wanted, horizon: self._storage.book(self._key, self._pace, wanted=wanted, horizon=horizon),
            on_missed_slot=self._on_missed_slot,
        )

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Slots booked before the change are not used after it, in this process; others use theirs up in 0.1 s."""
        with _unavailable_without_redis():
            yield
        self._pump.drop_slots()

    def _state(self, timeline: Timeline) -> LimiterState:
        ends = timeline.pause not in {NOT_PAUSED, UNTIL_RESUMED}
        return LimiterState(
            limit=self._limit,
            rate=SECOND / timeline.step,
            override=SECOND / timeline.override if timeline.override else None,
            paused=timeline.pause != NOT_PAUSED,
            paused_until=datetime.fromtimestamp(timeline.pause / SECOND, JST) if ends else None,
            booked=timeline.booked,
            next_slot=duration(timeline.first - timeline.stamp),
        )


@contextmanager
def _unavailable_without_redis() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise LimiterUnavailable(f"Redis: {type(error).__name__}") from None


_limiters: WeakSet[Limiter] = WeakSet()


def _begin_anew() -> None:
    """A forked child has its parent's pumps, but neither their threads nor locks that anybody will release."""
    for limiter in _limiters:
        limiter._begin()  # noqa: SLF001


os.register_at_fork(after_in_child=_begin_anew)
