"""Percentiles of durations: pure arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in seconds.

    Attributes:
        count: out of how many.
        p50: what half of them did not exceed.
        p95: what 95 of 100 did not exceed.
        longest: of all.
    """

    count: int
    p50: float
    p95: float
    longest: float

    def to_dict(self) -> dict[str, float]:
        """Ready for JSON, in milliseconds' precision, which is the store's."""
        return {
            "count": self.count,
            "p50": round(self.p50, 3),
            "p95": round(self.p95, 3),
            "longest": round(self.longest, 3),
        }


def spread(durations: Sequence[float]) -> Spread | None:
    """The percentiles of some durations, or None where there are none."""
    if not durations:
        return None
    ordered = sorted(durations)
    return Spread(len(ordered), percentile(ordered, 50), percentile(ordered, 95), ordered[-1])


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that so many per cent do not exceed, of values in ascending order."""
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1]
