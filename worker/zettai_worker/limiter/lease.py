"""Slots as Redis gave them away. Nothing here knows the local clock."""

from dataclasses import dataclass
from typing import Final

NOT_PAUSED: Final = 0
UNTIL_RESUMED: Final = -1


@dataclass(frozen=True, slots=True)
class Lease:
    """Consecutive slots that belong to whoever booked them. Instants are microseconds of the server's clock.

    There is nothing to give back: a slot that nobody uses passes.
    """

    stamp: int
    """When it was booked."""
    first: int
    """The first slot; where none was booked, the earliest that could be."""
    step: int
    """From one slot to the next."""
    count: int
    """How many were booked: perhaps fewer than wanted, perhaps none."""
    pause: int
    """`NOT_PAUSED`, `UNTIL_RESUMED`, or the instant at which the pause ends."""

    @property
    def slots(self) -> range:
        """The instants that were booked."""
        return range(self.first, self.first + self.count * self.step, self.step)


@dataclass(frozen=True, slots=True)
class Timeline:
    """What Redis knows of the limit at one instant."""

    stamp: int
    first: int
    """The earliest slot that could be booked."""
    step: int
    pause: int
    """As in `Lease`."""
    override: int
    """The step that an operator set, or 0."""
    booked: int
    """Slots booked in the last second, or thereabouts."""
