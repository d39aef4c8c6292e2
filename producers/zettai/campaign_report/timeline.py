"""Counts deliveries and failures over time, in steps of a round length."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import floor
from typing import Any

from zettai.core.times import JST

MAX_STEPS = 48
"""Columns of the chart."""

STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
)
"""Possible lengths of a step. Longer steps are whole days."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The number of final statuses in each step.

    Attributes:
        start: of the first step. It is a multiple of the step in Japan's time zone.
        step: length of each step.
        delivered: number of deliveries in each step.
        undelivered: number of failures in each step.
    """

    start: datetime
    step: timedelta
    delivered: tuple[int, ...]
    undelivered: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        return {
            "start": self.start.isoformat(),
            "step_seconds": self.step.total_seconds(),
            "delivered": list(self.delivered),
            "undelivered": list(self.undelivered),
        }


def timeline(delivered: Sequence[float], undelivered: Sequence[float]) -> Timeline | None:
    """Count deliveries and failures in steps, or return None without any.

    Args:
        delivered: times in seconds since the epoch, in any order.
        undelivered: the same for failures.
    """
    all_times = [*delivered, *undelivered]
    if not all_times:
        return None
    first, last = min(all_times), max(all_times)
    step = _step(last - first)
    length = step.total_seconds()
    # Steps of hours or days start at full hours or days in Japan, which has no daylight saving time.
    offset = JST.utcoffset(datetime.fromtimestamp(first, JST))
    shift = offset.total_seconds() if offset else 0.0
    start = floor((first + shift) / length) * length - shift
    edges = [start + length * number for number in range(1, floor((last - start) / length) + 1)]
    counted = (_count(edges, times) for times in (delivered, undelivered))
    return Timeline(datetime.fromtimestamp(start, JST), step, *counted)


def _step(span: float) -> timedelta:
    """Return the shortest step that divides the span into at most MAX_STEPS columns, with one more for the edges."""
    fitting = (step for step in STEPS if span / step.total_seconds() <= MAX_STEPS - 1)
    days = timedelta(days=floor(span / (MAX_STEPS - 1) / 86400) + 1)
    return next(fitting, days)


def _count(edges: Sequence[float], times: Sequence[float]) -> tuple[int, ...]:
    """Return the number of times before the first edge, between each pair of edges, and after the last edge."""
    ordered = sorted(times)
    places = [0, *(bisect_left(ordered, edge) for edge in edges), len(ordered)]
    return tuple(end - begin for begin, end in pairwise(places))
