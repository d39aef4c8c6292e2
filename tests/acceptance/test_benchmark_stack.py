"""The stack of the benchmarks runs the product's own command, and measures calls and processor time."""

import sys

import pytest

from zettai.core.states import State
from zettai_benchmarks.accepting import accept
from zettai_benchmarks.measured_stack import BODY, MeasuredStack
from zettai_benchmarks.measurements import PARTS
from zettai_benchmarks.sender import send

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="reads processor time in /proc"),
]


def test_calls_and_processor_time_are_measured() -> None:
    with MeasuredStack() as stack:
        stack.start_workers("--processes", "1")
        before = next(stack.sample(0))
        stack.enqueue(200)
        sent = send(5, 0.01, "urgent", stack.environment)
        stack.wait_for(lambda: len(stack.simulator.arrivals()) >= 206)  # with the producer's first one
        arrived = [stack.simulator.record_of(tag)["posts"][0] for tag in sent.tags]
        # The kernel counts in steps of 10 ms, and on a fast machine so little work takes less: wait for the next step.
        stack.wait_for(lambda: all(next(stack.sample(0))[part] > before[part] for part in PARTS))

    assert all(instant > began for instant, began in zip(arrived, sent.began, strict=True))


def test_accept_creates_accepted_messages_without_a_call() -> None:
    with MeasuredStack() as stack:
        accept(stack.store, 1_200, body=BODY)

        assert stack.redis.zcard(stack.store.keys.state(State.ACCEPTED)) == 1_200
        assert stack.redis.zcard(stack.store.keys.due_to_check) == 1_200
        assert stack.simulator.arrivals() == []
