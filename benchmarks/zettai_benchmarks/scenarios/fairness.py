"""A small campaign behind a large one: how long it takes until it starts, and until its last message has arrived."""

import time
from typing import Any

from zettai_benchmarks.measured_stack import BODY, LATENCY, LIMIT, MeasuredStack
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale
from zettai_simulator import SimulatorProcess
from zettai_simulator.clock import SECOND, now

SMALL = 100
"""Messages of the small campaign."""

SETTLING = 3.0
"""Seconds from the first call to the small campaign."""


def run(scale: Scale) -> Result:
    """Enqueue a small campaign while the workers send a large one at the whole limit."""
    large = scale.of(1_000_000, 20_000)
    with MeasuredStack() as stack:
        stack.enqueue(large, group="large")
        stack.start_workers()
        stack.wait_for_calls()
        time.sleep(SETTLING)
        began = now()
        stack.enqueue(SMALL, group="small")
        stack.wait_for(lambda: _has_all(stack))
        measured = {"measurements": _delays(stack.simulator, began, _tags(stack))}
    return Result(
        name="fairness",
        settings={"large": large, "small": SMALL, "limit": LIMIT, "latency": LATENCY, "body": BODY},
        targets=(
            Target(
                f"from `send_many` to the first arrival, {SMALL} messages behind {large:,}",
                2.0,
                measured["measurements"]["first"],
                at_most=True,
                unit="s",
            ),
        ),
        runs={"ours": measured},
        quick=scale.quick,
    )


def _tags(stack: MeasuredStack) -> list[str]:
    return list(stack.store.tags(group="small"))


def _has_all(stack: MeasuredStack) -> bool:
    return all(message is not None and message.sent_at is not None for message in stack.store.get(_tags(stack)))


def _delays(simulator: SimulatorProcess, began: int, tags: list[str]) -> dict[str, Any]:
    arrivals = [(simulator.record_of(tag)["posts"][0] - began) / SECOND for tag in tags]
    return {"first": min(arrivals), "last": max(arrivals)}
