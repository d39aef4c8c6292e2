"""Rates and waits out of instants: pure arithmetic, told nothing about where they come from."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from zettai_cli.shared.percentiles import percentile

SECOND = 1_000_000
"""Microseconds, in which the provider notes arrivals."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in seconds: the median, the worst of a hundred, and out of how many."""

    count: int
    p50: float
    p99: float


def spread(durations: Sequence[float]) -> Spread | None:
    """The percentiles of some durations, or None where there are none."""
    if not durations:
        return None
    ordered = sorted(durations)
    return Spread(len(ordered), percentile(ordered, 50), percentile(ordered, 99))


def worst_second(instants: Sequence[int]) -> int:
    """The most arrivals in any half-open second `[t, t + 1)`, of instants in ascending order."""
    worst = first = 0
    for count, instant in enumerate(instants, start=1):
        while instant - instants[first] >= SECOND:
            first += 1
        worst = max(worst, count - first)
    return worst


class Arrivals:
    """Arrivals of calls as they become known, a little out of order."""

    OVERLAP = 2 * SECOND
    """How far back the next look must reach to miss none."""

    def __init__(self) -> None:
        self.instants: list[int] = []
        self.worst = 0

    @property
    def look_from(self) -> int:
        """The instant from which on arrivals must be asked for."""
        return self.instants[-1] - self.OVERLAP if self.instants else 0

    def renew(self, since: int, instants: Sequence[int]) -> None:
        """Replace what is known from an instant on by what is known now, in ascending order."""
        del self.instants[bisect_left(self.instants, since) :]
        self.instants.extend(instants)
        recent = self.instants[bisect_left(self.instants, since - SECOND) :]
        self.worst = max(self.worst, worst_second(recent))

    def between(self, start: float, end: float) -> int:
        """How many arrivals there were in `[start, end)`, in seconds since the epoch."""
        return bisect_left(self.instants, end * SECOND) - bisect_left(self.instants, start * SECOND)

    def each_second(self, until: float, seconds: int) -> list[int]:
        """The arrivals in each of the last full seconds before an instant (seconds since the epoch), oldest first."""
        return [self.between(until - ago, until - ago + 1) for ago in range(seconds, 0, -1)]
