"""Percentiles of durations."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Percentiles:
    """The distribution of durations, in seconds.

    Attributes:
        count: number of durations.
        p50: half of the durations are at most this long.
        p95: 95 % of the durations are at most this long.
        longest: the longest duration.
    """

    count: int
    p50: float
    p95: float
    longest: float

    def to_dict(self) -> dict[str, float]:
        """Return the values for JSON, rounded to milliseconds."""
        return {
            "count": self.count,
            "p50": round(self.p50, 3),
            "p95": round(self.p95, 3),
            "longest": round(self.longest, 3),
        }


def percentiles(durations: Sequence[float]) -> Percentiles | None:
    """Return the percentiles of durations, or None without any."""
    if not durations:
        return None
    ordered = sorted(durations)
    return Percentiles(len(ordered), percentile(ordered, 50), percentile(ordered, 95), ordered[-1])


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the percentile of sorted values: the smallest value that `percent` % of them do not exceed."""
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1]
