"""Limiters that must fail, to show that the measurement detects it."""

import time
from typing import Any

from zettai_benchmarks.measure import pack, worst_window
from zettai_benchmarks.measured_stack import LIMIT, MeasuredStack
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.saturating import PROCESSES, THREADS, calls, processes_ready
from zettai_benchmarks.scale import Scale

STARTING = 0.5
"""Seconds until all threads wait for the start."""


def run(scale: Scale) -> Result:
    """Run the fixed window of `limits`, and our slots under the same load."""
    seconds = scale.of(10.0, 3.0)
    runs: dict[str, dict[str, Any]] = {}
    for kind in ("slots", "fixed-window"):
        with MeasuredStack() as stack, processes_ready(kind, stack.redis_url, "control") as processes:
            instants = calls(processes, start=time.monotonic() + STARTING, seconds=seconds)
        runs[kind] = {"measurements": {"worst_second": worst_window(instants)}, "arrivals": pack(instants)}
    return Result(
        name="controls",
        settings={"seconds": seconds, "processes": PROCESSES, "threads": THREADS, "limit": LIMIT},
        targets=(
            Target(
                "the fixed window of `limits`: calls in the worst sliding second, which must be too many",
                LIMIT + 1,
                runs["fixed-window"]["measurements"]["worst_second"],
                at_most=False,
            ),
            Target(
                "our slots under the same load: calls in the worst sliding second",
                LIMIT,
                runs["slots"]["measurements"]["worst_second"],
                at_most=True,
            ),
        ),
        runs=runs,
        quick=scale.quick,
    )
