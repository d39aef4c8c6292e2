"""When a process that died is started again: a pure decision.

Redis going away ends every busy worker process at once, and beat again and again for as long as it is away. So nobody
gives up, and nobody hurries.
"""

from dataclasses import dataclass
from datetime import timedelta

FIRST = timedelta(seconds=0.5)
"""The wait after a first death; it doubles with each further one."""

LONGEST = timedelta(seconds=30)

STEADY = timedelta(seconds=60)
"""A process that lived so long was well: its earlier deaths are forgotten."""


@dataclass(frozen=True, slots=True)
class Deaths:
    """How often a process died in a row."""

    in_a_row: int = 0

    def another(self, lived: timedelta) -> "Deaths":
        """Count one more, of a process that lived for so long."""
        return Deaths(1 if lived >= STEADY else self.in_a_row + 1)

    @property
    def wait(self) -> timedelta:
        """How long to wait before it is started again."""
        if not self.in_a_row:
            return timedelta()
        doublings = min(self.in_a_row - 1, 30)
        return min(FIRST * (1 << doublings), LONGEST)
