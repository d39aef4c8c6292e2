"""The stack of the benchmarks runs the product's own command, and measures calls and processor time."""

import subprocess
import sys

import pytest

from zettai.core.states import State
from zettai_benchmarks.accepting import accept
from zettai_benchmarks.claims import beyond_flight, count
from zettai_benchmarks.measured_stack import BODY, MeasuredStack
from zettai_benchmarks.measurements import PARTS
from zettai_benchmarks.sender import send

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="reads processor time in /proc"),
]


def test_calls_and_processor_time_are_measured() -> None:
    with MeasuredStack() as stack:
        stack.start_workers()
        before = next(stack.sample(0))
        stack.enqueue(200)
        sent = send(5, 0.01, "urgent", stack.environment)
        stack.wait_for(lambda: len(stack.simulator.arrivals()) >= 206)  # with the producer's first one
        arrived = [stack.simulator.record_of(tag)["posts"][0] for tag in sent.tags]
        # The kernel counts in steps of 10 ms, and on a fast machine so little work takes less: wait for the next step.
        stack.wait_for(lambda: all(next(stack.sample(0))[part] > before[part] for part in PARTS))

    assert all(instant > began for instant, began in zip(arrived, sent.began, strict=True))


def test_claims_and_processes_of_workers_are_found() -> None:
    with MeasuredStack(simulator={"latency": 2}) as stack:
        stack.start_workers()
        stack.enqueue(1)
        stack.wait_for(lambda: count(stack)["in_flight"] == 1)
        found = count(stack)

        assert (found["claimed"], beyond_flight(found)) == (1, 0)
        assert stack.busiest_worker() not in stack.process_ids()["workers"]
        assert stack.workers_memory() > 50e6


def test_producer_stops_when_its_time_is_over() -> None:
    with MeasuredStack() as stack:
        sent = send(1_000_000, 0, "normal", stack.environment, at_most_seconds=0.3)

        assert sent.tags[-1] == f"normal-{len(sent.began) - 1}"
        assert stack.redis.zcard(stack.store.keys.state(State.QUEUED)) == len(sent.began) + 1  # with its first one


def test_accept_creates_accepted_messages_without_a_call() -> None:
    with MeasuredStack() as stack:
        accept(stack.store, 1_200, body=BODY)

        assert stack.redis.zcard(stack.store.keys.state(State.ACCEPTED)) == 1_200
        assert stack.redis.zcard(stack.store.keys.due_to_check) == 1_200
        assert stack.simulator.arrivals() == []


def test_profile_measures_each_step_of_a_message() -> None:
    command = [sys.executable, "-m", "zettai_benchmarks.profile", "1"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    calls = {words[0]: float(words[1]) for line in printed.splitlines()[1:] if (words := line.split())}
    assert calls.keys() >= {"task", "turns", "claim", "record", "call"}
    assert all(number > 0 for name, number in calls.items() if name != "process")
