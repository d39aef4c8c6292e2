"""A process is killed at one exact moment; each message is still sent once."""

import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
from tests.support.stack import HANG, TAKEN, Stack, eventually, short_stack

from zettai import Message, State
from zettai_demo.stack import MovableClock, RedisServer
from zettai_simulator import SimulatorProcess
from zettai_worker.engine.feed import AHEAD

pytestmark = pytest.mark.long

HANGING = "0001"
"""Last digits of a number whose first request is accepted but not answered."""


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that a test may kill."""
    with RedisServer(tmp_path / "redis", fsync="always") as redis_server:
        yield redis_server


@pytest.fixture
def stack(redis_server: RedisServer, tmp_path: Path) -> Iterator[Stack]:
    """A stack whose processes a test starts and kills."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5, kddi_failure_after=4, hang_for=HANG)
    with short_stack(redis_server.url, simulator, tmp_path, "points") as stack:
        yield stack


def test_killed_worker_has_claimed_only_a_few_messages(stack: Stack) -> None:
    """One was sent, and the next ones wait for their slots. The others are not touched."""
    stack.environment |= {"ZETTAI_RATE_LIMIT": "1/8second", "ZETTAI_LEASE": "13"}
    stack.start_beat()
    messages = _campaign(stack, AHEAD + 10)
    stack.simulator.set_faults({"kind": "hang_after", "times": 1})
    worker = stack.start_worker()
    eventually(partial(_are_taken, stack, 1), "the provider takes one")
    del stack.environment["ZETTAI_RATE_LIMIT"]

    _kill(worker)

    states = Counter(_state(stack, message) for message in messages)
    assert states[State.SUBMITTING] <= AHEAD + 1
    assert states[State.QUEUED] >= 9
    [sent] = [message for message in messages if _requests(stack, message)]
    _all_sent_once(stack, messages, again=[sent])


def test_worker_killed_after_its_answers_are_recorded_sends_nothing_again(stack: Stack) -> None:
    messages = _campaign(stack, AHEAD + 1, hanging=AHEAD)
    worker = stack.start_worker()
    _until_taken(stack, messages[-1])
    recorded = messages[:-1]
    eventually(
        lambda: not [message for message in recorded if _state(stack, message) is State.SUBMITTING], "all are recorded"
    )

    _kill(worker)

    _all_sent_once(stack, messages, again=messages[-1:])


def test_worker_killed_while_waiting_for_a_slot_has_sent_nothing(stack: Stack) -> None:
    first, second = _one_sent_and_one_waiting(stack)

    _kill(stack.processes[0])

    _all_sent_once(stack, [first, second])


@pytest.mark.parametrize("way", ["stopped", "suspended"])
def test_worker_stopped_beyond_its_lease_does_not_use_its_slot(stack: Stack, tmp_path: Path, way: str) -> None:
    """On a machine that is suspended, the monotonic clock stands still."""
    clock = MovableClock(tmp_path / "clock")
    first, second = _one_sent_and_one_waiting(stack, clock)
    sleeper, began = stack.processes[0], monotonic()

    sleeper.send_signal(signal.SIGSTOP)
    _all_sent_once(stack, [first, second])
    _kill(stack.processes[-1])
    if way == "suspended":
        clock.suspend(monotonic() - began)
    sleeper.send_signal(signal.SIGCONT)
    third = stack.client.send("09044440005", "third", lane="urgent")

    assert stack.wait_for_state(third).state is State.DELIVERED
    assert _requests(stack, second) == 1


def test_worker_killed_after_acceptance_leads_to_a_lookup(stack: Stack) -> None:
    [message] = _campaign(stack, 1, hanging=0)
    worker = stack.start_worker()
    _until_taken(stack, message)

    _kill(worker)

    _all_sent_once(stack, [message], again=[message])


@pytest.mark.parametrize("way", ["killed", "stopped"])
def test_redis_down_when_the_answer_arrives_leads_to_a_lookup(
    stack: Stack, redis_server: RedisServer, way: str
) -> None:
    stack.simulator.set_latency(0.5)
    stack.start_worker()
    stack.start_beat()
    message = stack.client.send("09044440002", "answered into the void", lane="urgent")
    _until_taken(stack, message)

    if way == "killed":
        redis_server.kill()
        eventually(lambda: stack.simulator.stats()["calls"]["mt"].get("0"), "it was answered")
        redis_server.start()
    else:
        redis_server.freeze(2)
    stack.start_worker()
    stack.start_beat()

    assert stack.wait_for_state(message).state is State.DELIVERED
    assert stack.record_of(message)["taken"] == 1


def test_cut_redis_connections_send_nothing_twice(stack: Stack, redis_server: RedisServer) -> None:
    stack.start_worker()
    stack.start_worker()
    stack.start_beat()
    messages = _campaign(stack, 200)
    for part in (20, 80, 140):
        eventually(partial(_are_taken, stack, part), f"{part} are taken")
        redis_server.drop_connections()

    for process in stack.processes:
        if process.poll() is not None:
            stack.start_worker()
    # The cut ends busy workers. A request whose answer was lost with its worker is made again, and refused.
    _all_sent_once(stack, messages, again=messages)


def _campaign(stack: Stack, count: int, hanging: int | None = None) -> list[Message]:
    """Send messages; one of them gets no answer to its first request."""
    stack.simulator.set_faults({"kind": "hang_after", "suffix": HANGING, "times": 1})
    numbers = [f"0904444{HANGING if number == hanging else 2000 + number}" for number in range(count)]
    results = stack.client.send_many({"to": number, "body": "one of many"} for number in numbers)
    return [result.message for result in results if result.message]


def _one_sent_and_one_waiting(stack: Stack, clock: MovableClock | None = None) -> tuple[Message, Message]:
    """Send two messages at one call in eight seconds: the second one is claimed and waits for its slot."""
    stack.environment["ZETTAI_RATE_LIMIT"] = "1/8second"
    stack.environment["ZETTAI_LEASE"] = "13"
    stack.start_worker(clock=clock)
    # On a busy machine the only slot in eight seconds may be missed, and the message is then due again.
    stack.start_beat()
    first = stack.client.send("09044440003", "first", lane="urgent")
    stack.wait_for_state(first, *TAKEN)
    second = stack.client.send("09044440004", "second", lane="urgent")
    stack.wait_for_state(second, State.SUBMITTING)
    assert _requests(stack, second) == 0
    del stack.environment["ZETTAI_RATE_LIMIT"]
    return first, second


def _all_sent_once(stack: Stack, messages: list[Message], again: list[Message] | None = None) -> None:
    """Check that new workers deliver all messages, and that only those in `again` had a second request."""
    stack.start_worker()
    if not any("beat" in str(process.args) for process in stack.processes):
        stack.start_beat()
    for message in messages:
        assert stack.wait_for_state(message).state is State.DELIVERED
        record = stack.record_of(message)
        assert record["taken"] == 1
        assert record["requests"] == 1 or message in (again or [])


def _kill(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


def _are_taken(stack: Stack, count: int) -> bool:
    return int(stack.simulator.stats()["taken"]) >= count


def _state(stack: Stack, message: Message) -> State:
    found = stack.client.get(message.client_tag)
    assert found is not None
    return found.state


def _requests(stack: Stack, message: Message) -> int:
    try:
        return int(stack.record_of(message)["requests"])
    except RuntimeError:  # there was no request
        return 0


def _until_taken(stack: Stack, message: Message) -> None:
    eventually(lambda: _requests(stack, message), "the provider takes it")
