"""Rates and durations. Pure arithmetic, which the benchmarks use too."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from zettai_simulator.arrivals import worst_window
from zettai_simulator.clock import SECOND


@dataclass(frozen=True, slots=True)
class Percentiles:
    """The median and the 99th percentile of some durations in seconds, and how many durations there were."""

    count: int
    p50: float
    p99: float


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest of some values in ascending order that so many per cent of them do not exceed."""
    return ordered[max(ceil(len(ordered) * percent / 100) - 1, 0)]


def percentiles(durations: Sequence[float]) -> Percentiles | None:
    """Return the percentiles of some durations, or None if there are none."""
    if not durations:
        return None
    ordered = sorted(durations)
    return Percentiles(len(ordered), percentile(ordered, 50), percentile(ordered, 99))


def milliseconds(seconds: float) -> str:
    """Return a duration as text: `31 ms`, `1.2 s`."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


class Arrivals:
    """When calls arrived at the provider (microseconds since the epoch). They become known a little out of order."""

    OVERLAP = 2 * SECOND
    """How far the next request must reach back, so that it misses no call."""

    def __init__(self) -> None:
        self.instants: list[int] = []
        self.worst = 0

    @property
    def fetch_from(self) -> int:
        """The instant from which arrivals must be fetched next."""
        return self.instants[-1] - self.OVERLAP if self.instants else 0

    def update(self, since: int, instants: Sequence[int]) -> None:
        """Replace the arrivals from an instant on by those given, in ascending order."""
        del self.instants[bisect_left(self.instants, since) :]
        self.instants.extend(instants)
        recent = self.instants[bisect_left(self.instants, since - SECOND) :]
        self.worst = max(self.worst, worst_window(recent))

    def between(self, start: float, end: float) -> int:
        """Return the number of arrivals in `[start, end)`, in seconds since the epoch."""
        return bisect_left(self.instants, end * SECOND) - bisect_left(self.instants, start * SECOND)
