"""When to restart a process that died: a pure function.

While Redis is away, every busy worker process ends. So a process is always restarted, after a wait that grows.
"""

from dataclasses import dataclass
from datetime import timedelta

FIRST_WAIT = timedelta(seconds=0.5)
"""The wait after a first failure; it doubles with each further one."""

MAX_WAIT = timedelta(seconds=30)
"""The longest wait."""

HEALTHY_AFTER = timedelta(seconds=60)
"""After a process has run this long, its earlier failures do not count."""


@dataclass(frozen=True, slots=True)
class FailureStreak:
    """How often a process failed in a row."""

    failures: int = 0

    def next(self, ran_for: timedelta) -> "FailureStreak":
        """Return the streak after one more failure of a process that ran this long."""
        return FailureStreak(1 if ran_for >= HEALTHY_AFTER else self.failures + 1)

    @property
    def wait(self) -> timedelta:
        """How long to wait before the restart."""
        if not self.failures:
            return timedelta()
        doublings = min(self.failures - 1, 30)
        return min(FIRST_WAIT * (1 << doublings), MAX_WAIT)
