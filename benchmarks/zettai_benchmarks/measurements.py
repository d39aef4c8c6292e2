"""What the raw data of one run at the limit come to: pure arithmetic, the same for ours and for the peers."""

from collections.abc import Sequence

from zettai_benchmarks.measure import SECOND, between, share_of_limit, worst_window

WARM_UP = 2.0
"""Seconds behind the first call that are not looked at."""

PARTS = ("workers", "redis", "simulator")
"""Whose processor time is told apart."""

Sample = dict[str, float]
"""Seconds of processor time used so far, by part, and when (`at`, microseconds since the epoch)."""

Measurements = dict[str, float | None]
"""Measurements by name."""


def measurements(limit: int, calls: Sequence[int], sends: Sequence[int], samples: Sequence[Sample]) -> Measurements:
    """Rates and shares in the middle of a run, the worst second in all of it.

    Args:
        limit: calls a second; 0 is no limit.
        calls: instants of all calls, in ascending order.
        sends: those of the calls that sent a message.
        samples: taken while the run went on; what lies before the first is not looked at.

    Raises:
        ValueError: not a whole second is left.
    """
    start, end = span = middle_of(calls, samples)
    return {
        "per_second": between(calls, start, end) * SECOND / (end - start),
        "share_of_limit": share_of_limit(calls, limit, span) if limit else None,
        "worst_second": worst_window(calls),
        **cpu_per_message(sends, [sample for sample in samples if start <= sample["at"] <= end]),
    }


def middle_of(calls: Sequence[int], samples: Sequence[Sample]) -> tuple[int, int]:
    """From the warm-up's end as many whole seconds as there are: a limiter may spend its second at once.

    Raises:
        ValueError: there is none.
    """
    if not calls or not samples:
        raise ValueError("the run was too short: nothing arrived while it was watched")
    start = max(calls[0] + round(WARM_UP * SECOND), int(samples[0]["at"]))
    seconds = (min(calls[-1], int(samples[-1]["at"]) + SECOND // 2) - start) // SECOND
    if seconds < 1:
        raise ValueError("the run was too short: not a whole second is left of its middle")
    return start, start + seconds * SECOND


def cpu_per_message(sends: Sequence[int], samples: Sequence[Sample]) -> Measurements:
    """Milliseconds of processor time for each send, by part, between the first sample and the last."""
    if len(samples) < 2:
        return {f"{part}_cpu_ms": None for part in PARTS}
    first, last = samples[0], samples[-1]
    sent = between(sends, int(first["at"]), int(last["at"]))
    return {f"{part}_cpu_ms": 1000 * (last[part] - first[part]) / sent if sent else None for part in PARTS}
