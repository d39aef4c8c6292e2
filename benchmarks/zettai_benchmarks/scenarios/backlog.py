"""A long backlog: whether a message costs more when a million wait than when ten thousand wait."""

import time
from typing import Any

from zettai_benchmarks.measure import coarsened
from zettai_benchmarks.measured_stack import LATENCY, LIMIT, MeasuredStack
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale

WARM_UP = 5.0
"""Seconds of sending before the measurement, so that the start of processes is not measured."""


def run(scale: Scale) -> Result:
    """Measure with a short and with a long backlog."""
    seconds = scale.of(20.0, 3.0)
    few, many = scale.of(10_000, 3_000), scale.of(1_000_000, 20_000)
    # The smaller backlog is that at the window's end; at its beginning it is longer by what the window sends.
    runs = {
        "few": _at(few + round((seconds + WARM_UP) * LIMIT), seconds),
        "many": _at(many, seconds),
    }
    costs = {
        name: run["measurements"]["workers_cpu_ms"] + run["measurements"]["redis_cpu_ms"] for name, run in runs.items()
    }
    return Result(
        name="backlog",
        settings={"few": few, "many": many, "seconds": seconds, "limit": LIMIT, "latency": LATENCY},
        targets=(
            Target(
                f"worker and Redis CPU a message, {many:,} waiting against {few:,}",
                1.1,
                costs["many"] / costs["few"],
                at_most=True,
                unit="×",
            ),
        ),
        runs=runs,
        quick=scale.quick,
    )


def _at(count: int, seconds: float) -> dict[str, Any]:
    with MeasuredStack() as stack:
        took = stack.enqueue(count)
        used = stack.redis.info("memory")["used_memory"]
        stack.start_workers(wait=False)
        stack.wait_for_calls()
        time.sleep(WARM_UP)
        done = stack.measure(LIMIT, list(stack.sample(seconds)))
        done["measurements"] |= {"enqueued_per_second": count / took, "memory_per_waiting": used / count}
        return coarsened(done)
