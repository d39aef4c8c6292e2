"""The measurements of one run at the limit, computed from its raw data. The same for ours and for the peers."""

from collections.abc import Sequence

from zettai_benchmarks.measure import SECOND, between, share_of_limit, worst_window

WARM_UP = 2.0
"""Seconds after the first call that are ignored."""

PARTS = ("workers", "redis", "simulator")
"""The parts whose processor time is measured."""

Sample = dict[str, float]
"""Seconds of processor time used so far, by part, and when (`at`, microseconds since the epoch)."""

Measurements = dict[str, float | None]
"""Measurements by name."""


def measurements(limit: int, calls: Sequence[int], sends: Sequence[int], samples: Sequence[Sample]) -> Measurements:
    """Return rates and shares of the middle of a run, and the worst second of all of it.

    Args:
        limit: calls a second; 0 is no limit.
        calls: instants of all calls, in ascending order.
        sends: those of the calls that sent a message.
        samples: taken during the run; the time before the first is ignored.

    Raises:
        ValueError: less than a second is left.
    """
    start, end = span = middle_of(calls, samples)
    return {
        "per_second": between(calls, start, end) * SECOND / (end - start),
        "share_of_limit": share_of_limit(calls, limit, span) if limit else None,
        "worst_second": worst_window(calls),
        **cpu_per_message(sends, [sample for sample in samples if start <= sample["at"] <= end]),
    }


def middle_of(calls: Sequence[int], samples: Sequence[Sample]) -> tuple[int, int]:
    """Return the whole seconds after the warm-up, because a limiter may use a second at once.

    Raises:
        ValueError: there is none.
    """
    if not calls or not samples:
        raise ValueError("the run was too short: no call arrived")
    start = max(calls[0] + round(WARM_UP * SECOND), int(samples[0]["at"]))
    seconds = (min(calls[-1], int(samples[-1]["at"]) + SECOND // 2) - start) // SECOND
    if seconds < 1:
        raise ValueError("the run was too short: less than a second after the warm-up")
    return start, start + seconds * SECOND


def cpu_per_message(sends: Sequence[int], samples: Sequence[Sample]) -> Measurements:
    """Return the milliseconds of processor time for each send, by part."""
    if len(samples) < 2:
        return {f"{part}_cpu_ms": None for part in PARTS}
    first, last = samples[0], samples[-1]
    sent = between(sends, int(first["at"]), int(last["at"]))
    return {f"{part}_cpu_ms": 1000 * (last[part] - first[part]) / sent if sent else None for part in PARTS}
