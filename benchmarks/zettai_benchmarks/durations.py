"""Percentiles of durations, where some events never happened."""

from collections.abc import Sequence
from math import inf

from zettai_benchmarks.measure import percentile

Durations = Sequence[float | None]
"""Seconds; None if the event never happened."""


def percentiles(durations: Durations) -> dict[str, float | None]:
    """Return the median and the 99th percentile; None if too many events never happened."""
    ordered = sorted(inf if one is None else one for one in durations)
    found = {f"p{percent}": percentile(ordered, percent) if ordered else inf for percent in (50, 99)}
    return {
        **{name: None if value == inf else value for name, value in found.items()},
        "count": len(ordered),
        "missing": ordered.count(inf),
    }
