"""What a list of durations comes to, where some may never have ended."""

from collections.abc import Sequence
from math import inf

from zettai_benchmarks.measure import percentile

Durations = Sequence[float | None]
"""Seconds each; None where the end never came."""


def percentiles(durations: Durations) -> dict[str, float | None]:
    """Half and 99 of 100 of them took no longer; None where so many never ended."""
    ordered = sorted(inf if one is None else one for one in durations)
    found = {f"p{percent}": percentile(ordered, percent) if ordered else inf for percent in (50, 99)}
    return {
        **{name: None if value == inf else value for name, value in found.items()},
        "count": len(ordered),
        "missing": ordered.count(inf),
    }
