"""A campaign of a million messages with its status checks: whether the last message costs as much as the first.

It runs by name only, because it takes 20 minutes. The limit is raised, or it would take half an hour; the first and
the last messages are sent at the same rate, and they are only compared with each other. The costs are medians, so that
they do not depend on when Redis rewrites its append-only file.
"""

import time
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from zettai.core.states import State
from zettai_benchmarks.measure import SECOND, between
from zettai_benchmarks.measured_stack import LATENCY, SEND, MeasuredStack
from zettai_benchmarks.measurements import Sample, cpu_per_message
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale

LIMIT = 1_000
"""Calls a second. The product's default is 600."""

PARTS = 10
"""The first and the last of so many parts of the run are compared."""

PATIENCE = 3
"""The run ends after so many times the shortest possible time, although messages still wait."""


def run(scale: Scale) -> Result:
    """Send all messages, and compare the beginning with the end."""
    messages, settling, pause = scale.of((1_000_000, 60.0, 10.0), (12_000, 2.0, 1.0))
    ours = _ours(messages, settling, pause)
    measurements = ours["measurements"]
    return Result(
        name="campaign",
        settings={"messages": messages, "settling": settling, "pause": pause, "limit": LIMIT, "latency": LATENCY},
        targets=(
            Target(
                "memory of all worker processes, the most against the start",
                1.1,
                measurements["most_memory_mb"] / measurements["first_memory_mb"],
                at_most=True,
                unit="×",
            ),
            Target(
                "worker and Redis CPU a message, the last against the first",
                1.05,
                measurements["last_cpu_ms"] / measurements["first_cpu_ms"],
                at_most=True,
                unit="×",
            ),
        ),
        runs={"ours": ours},
        quick=scale.quick,
    )


def _ours(messages: int, settling: float, pause: float) -> dict[str, Any]:
    samples: list[Sample] = []
    with MeasuredStack(RATE_LIMIT=f"{LIMIT}/second") as stack:
        stack.enqueue(messages)
        stack.start_workers()
        stack.wait_for_calls()
        time.sleep(settling)  # the first status checks follow half a minute after the first sends
        deadline = time.monotonic() + PATIENCE * messages / LIMIT
        while stack.redis.zcard(stack.store.keys.state(State.QUEUED)) and time.monotonic() < deadline:
            samples += [one | {"memory_mb": stack.workers_memory() / 2**20} for one in stack.sample(0)]
            time.sleep(pause)
        calls = stack.simulator.arrivals()
    sends = [instant for instant, endpoint in calls if endpoint == SEND]
    costs = [_cost(sends, first, last) for first, last in pairwise(samples)]
    part = max(1, len(costs) // PARTS)
    memory = [one["memory_mb"] for one in samples]
    start, end = int(samples[0]["at"]), int(samples[-1]["at"])
    measurements = {
        "per_second": between(sends, start, end) * SECOND / (end - start),
        "checks": len(calls) - len(sends),
        "first_cpu_ms": median(costs[:part]),
        "last_cpu_ms": median(costs[-part:]),
        "first_memory_mb": memory[0],
        "most_memory_mb": max(memory),
    }
    return {"measurements": measurements, "samples": samples, "costs": costs}


def _cost(sends: Sequence[int], first: Sample, last: Sample) -> float:
    """Return the milliseconds of processor time for each message between two samples."""
    found = cpu_per_message(sends, [first, last])
    return (found["workers_cpu_ms"] or 0.0) + (found["redis_cpu_ms"] or 0.0)
