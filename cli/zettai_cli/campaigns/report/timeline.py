"""Ends over time, in steps that people read: pure arithmetic."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import floor
from typing import Any

from zettai.core.times import JST

MOST_STEPS = 48
"""Columns of a picture."""

STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
)
"""The lengths that a column may stand for; above a day, whole days."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """How many messages came to which end in each step.

    Attributes:
        start: of the first step; a multiple of the step in Japan's day.
        step: how long each is.
        delivered: in each step.
        undelivered: in each step.
    """

    start: datetime
    step: timedelta
    delivered: tuple[int, ...]
    undelivered: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "start": self.start.isoformat(),
            "step_seconds": self.step.total_seconds(),
            "delivered": list(self.delivered),
            "undelivered": list(self.undelivered),
        }


def timeline(delivered: Sequence[float], undelivered: Sequence[float]) -> Timeline | None:
    """Count ends in steps; None where there are none.

    Args:
        delivered: instants in seconds since the epoch, in any order.
        undelivered: likewise.
    """
    instants = [*delivered, *undelivered]
    if not instants:
        return None
    first, last = min(instants), max(instants)
    step = _step(last - first)
    length = step.total_seconds()
    # Japan has no daylight saving, so a step of hours or days begins at a full one there.
    offset = JST.utcoffset(datetime.fromtimestamp(first, JST))
    shift = offset.total_seconds() if offset else 0.0
    start = floor((first + shift) / length) * length - shift
    edges = [start + length * number for number in range(1, floor((last - start) / length) + 1)]
    counted = (_count(edges, ends) for ends in (delivered, undelivered))
    return Timeline(datetime.fromtimestamp(start, JST), step, *counted)


def _step(span: float) -> timedelta:
    """The shortest step by which a span of seconds, and what its edges add, makes few enough columns."""
    fitting = (step for step in STEPS if span / step.total_seconds() <= MOST_STEPS - 1)
    days = timedelta(days=floor(span / (MOST_STEPS - 1) / 86400) + 1)
    return next(fitting, days)


def _count(edges: Sequence[float], instants: Sequence[float]) -> tuple[int, ...]:
    """How many lie before the first edge, between it and the second, and so on, and from the last one on."""
    ordered = sorted(instants)
    places = [0, *(bisect_left(ordered, edge) for edge in edges), len(ordered)]
    return tuple(end - begin for begin, end in pairwise(places))
