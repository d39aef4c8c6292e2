"""Booked slots and the state of the timeline, as Redis returns them."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from zettai_worker.limiter.local_clock import ClockReading
from zettai_worker.limiter.microseconds import MILLISECOND

NOT_PAUSED: Final = 0
UNTIL_RESUMED: Final = -1

MAX_LATENESS = 3 * MILLISECOND
"""A caller that is later than this does not use its slot: its call could come too close to the next one."""

MAX_WRITE_LATENESS = 4_500
"""A request that is written more microseconds than this after its slot takes the place of the next slot.

It must be less than `SPREAD`. Otherwise more calls than the limit can arrive in a second.
"""


@dataclass(frozen=True, slots=True)
class BookedSlots:
    """Consecutive slots of one booking. All times are microseconds of the clock of Redis.

    Unused slots are not given back; their time just passes.
    """

    server_time: int
    """When they were booked."""
    first: int
    """The first slot. If none was booked, the first one that is free."""
    step: int
    """The distance from one slot to the next."""
    count: int
    """The number of slots, which may be lower than asked for, or 0."""
    pause: int
    """`NOT_PAUSED`, `UNTIL_RESUMED`, or the end of the pause."""

    @property
    def slots(self) -> range:
        """Return the times of the slots."""
        return range(self.first, self.first + self.count * self.step, self.step)


class Slot(NamedTuple):
    """One booked slot, as the process that booked it uses it."""

    server_time: int
    """The time of the slot, by the clock of Redis."""
    due: int
    """The same time, by the local clock."""
    asked_at: ClockReading
    """The local clocks when the process asked Redis for it."""

    def is_usable(self, now: ClockReading) -> bool:
        """Return whether a call may start now: not much later than the slot, and by clocks that can be trusted."""
        return now.local - self.due <= MAX_LATENESS and now.can_trust(self.asked_at)


@dataclass(frozen=True, slots=True)
class TimelineState:
    """The state of the timeline at one time."""

    server_time: int
    """When it was read."""
    first: int
    """The first slot that is free."""
    step: int
    """The distance from one slot to the next."""
    pause: int
    """`NOT_PAUSED`, `UNTIL_RESUMED`, or the end of the pause."""
    override: int
    """The step that an operator set, or 0."""
    booked: int
    """The number of slots booked in about the last second."""
