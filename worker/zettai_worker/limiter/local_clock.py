"""The clocks of this machine, and whether a slot can still be trusted by them."""

import time
from typing import NamedTuple

from zettai_worker.limiter.microseconds import MILLISECOND

MAX_AGE = 1_000 * MILLISECOND
"""How long the time of an answer from Redis can be translated. A slot is used well within this time, so an older one
was translated wrongly, or its answer waited in a stopped process.
"""

MAX_CLOCK_JUMP = 500 * MILLISECOND
"""By how much the wall clock may gain on the other clock within that time. More means that a paused virtual machine
goes on, and its wall clock was corrected. A clock that was set for another reason only costs a new booking.
"""

# CLOCK_MONOTONIC of Linux stands still while the machine is suspended. Systems without CLOCK_BOOTTIME do not need it.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class ClockReading(NamedTuple):
    """Both clocks of this machine at one time, in microseconds."""

    local: int
    """The time since the machine started. It is never set, and goes on while the machine is suspended."""
    wall: int
    """The time of day, which may be wrong and may be set. It is compared only with an earlier reading."""

    def can_trust(self, earlier: "ClockReading") -> bool:
        """Return whether this reading follows an earlier one closely, and no clock stood still or was set between."""
        elapsed = self.local - earlier.local
        return elapsed <= MAX_AGE and abs(self.wall - earlier.wall - elapsed) <= MAX_CLOCK_JUMP


def local_now() -> int:
    """Return the time since the machine started, in microseconds. All local times of the limiter are of this clock."""
    return time.clock_gettime_ns(_CLOCK) // 1_000


def read_clocks() -> ClockReading:
    """Read both clocks."""
    return ClockReading(local_now(), time.time_ns() // 1_000)
