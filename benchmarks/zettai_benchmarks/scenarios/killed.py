"""A worker process is killed at the limit: for how many messages the outcome is unknown.

The claims and the calls time out after seconds, not after a minute, so that the count does not take long. That changes
when these messages are counted, not how many there are.
"""

import os
import signal
import time

from zettai.core.states import State
from zettai.core.store.counters import read_counters
from zettai_benchmarks.measured_stack import LATENCY, LIMIT, MeasuredStack
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale

HTTP_TIMEOUT = 3
LEASE = 6
"""Seconds. Claims of a killed process time out after `LEASE`."""

SETTLING = 4.0
"""Seconds from the first call to the first kill."""

COUNTED_WITHIN = LEASE + 3.0
"""Seconds from a kill until all its messages are counted, and the process runs again at the limit."""


def run(scale: Scale) -> Result:
    """Send SIGKILL to one process after the other, always to the busiest."""
    kills = scale.of(3, 1)
    unknown = _ours(kills)
    return Result(
        name="killed",
        settings={"kills": kills, "limit": LIMIT, "latency": LATENCY, "lease": LEASE, "http_timeout": HTTP_TIMEOUT},
        targets=(Target("messages with unknown outcome after one SIGKILL, the most", 60, max(unknown), at_most=True),),
        runs={"ours": {"measurements": {"unknown": unknown}}},
        quick=scale.quick,
    )


def _ours(kills: int) -> list[int]:
    """Return the number of messages whose outcome was unknown after each kill."""
    found = []
    with MeasuredStack(LEASE=str(LEASE), HTTP_TIMEOUT=str(HTTP_TIMEOUT)) as stack:
        stack.start_workers()
        stack.enqueue(round(LIMIT * (SETTLING + kills * COUNTED_WITHIN + 5)))
        stack.wait_for_calls()
        time.sleep(SETTLING)
        for _ in range(kills):
            before = _unknown(stack)
            os.kill(stack.busiest_worker(), signal.SIGKILL)
            time.sleep(COUNTED_WITHIN)
            found.append(_unknown(stack) - before)
    return found


def _unknown(stack: MeasuredStack) -> int:
    """Return how often the outcome of a message became unknown, for any reason, since the start."""
    transitions = read_counters(stack.redis, stack.store.keys).transitions
    return sum(count for one, count in transitions.items() if one.state == State.SUBMIT_UNKNOWN)
