"""How many messages the workers have claimed, and how many of those calls wait for their answer at the provider.

The difference is claimed too early or recorded too late. If all workers died, the outcome of these messages would be
unknown without need.
"""

import time
from typing import TypedDict

from zettai.core.states import State
from zettai_benchmarks.measured_stack import MeasuredStack
from zettai_simulator.clock import now

PAUSE = 0.2
"""Seconds from one count to the next."""


class ClaimCount(TypedDict):
    """One count.

    Attributes:
        at: microseconds since the epoch.
        claimed: messages in the state `submitting`.
        in_flight: calls that the simulator has read and not answered.
    """

    at: int
    claimed: int
    in_flight: int


def count(stack: MeasuredStack) -> ClaimCount:
    """Count now. The two numbers are read one after the other, about a millisecond apart."""
    in_flight = stack.simulator.in_flight()
    return {"at": now(), "claimed": stack.redis.zcard(stack.store.keys.state(State.SUBMITTING)), "in_flight": in_flight}


def watch(stack: MeasuredStack, seconds: float) -> list[ClaimCount]:
    """Count again and again until the time is over."""
    end = time.monotonic() + seconds
    counts = []
    while time.monotonic() < end:
        counts.append(count(stack))
        time.sleep(PAUSE)
    return counts


def beyond_flight(one: ClaimCount) -> int:
    """Return the number of claimed messages that are not in flight; it is not below 0."""
    return max(0, one["claimed"] - one["in_flight"])
