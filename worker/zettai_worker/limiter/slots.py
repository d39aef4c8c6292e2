"""Booked slots and the state of the timeline, as Redis returns them."""

from dataclasses import dataclass
from typing import Final

NOT_PAUSED: Final = 0
UNTIL_RESUMED: Final = -1


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
