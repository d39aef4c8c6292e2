"""Each moment at which a process may die, by itself: what was under way is sent once, and known to be."""

import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.support.stack import Stack, eventually, short_stack

from zettai import Message, State
from zettai_demo.stack import RedisServer
from zettai_simulator import SimulatorProcess
from zettai_worker.sending.sender import CLAIM_BATCH

HANGING = "0001"
"""The last digits of a number whose first request is carried out, and answered by silence."""


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that a test may kill."""
    with RedisServer(tmp_path / "redis", fsync="always") as redis_server:
        yield redis_server


@pytest.fixture
def stack(redis_server: RedisServer, tmp_path: Path) -> Iterator[Stack]:
    """A stack whose processes a test starts and kills."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5, kddi_failure_after=4, hang_for=3)
    times = {"HTTP_TIMEOUT": "2", "LEASE": "4"}
    with short_stack(redis_server.url, simulator, tmp_path, "points", **times) as stack:
        yield stack


def test_killed_before_and_after_the_claim(stack: Stack) -> None:
    """Some are claimed at once; one of them is in the air, and of the others not a byte went out."""
    messages = _campaign(stack, CLAIM_BATCH + 4, hanging=0)
    worker = stack.start_worker(threads=1)
    _until_taken(stack, messages[0])

    _kill(worker)

    states = [_state(stack, message) for message in messages]
    assert states[:CLAIM_BATCH] == [State.SUBMITTING] * CLAIM_BATCH
    assert states[CLAIM_BATCH:] == [State.QUEUED] * 4
    _all_sent_once(stack, messages, again=messages[:1])


def test_killed_before_the_ack(stack: Stack) -> None:
    """Most of a task are settled, and the task comes back: nobody gets a second message, or even a second request."""
    messages = _campaign(stack, CLAIM_BATCH + 1, hanging=CLAIM_BATCH)
    worker = stack.start_worker(threads=1)
    _until_taken(stack, messages[-1])

    _kill(worker)

    assert not [message for message in messages[:-1] if _state(stack, message) is State.SUBMITTING]
    _all_sent_once(stack, messages, again=messages[-1:])


def test_killed_while_waiting_for_a_slot(stack: Stack) -> None:
    """Not a byte was written: the second message is asked for once, by the worker that comes after."""
    first, second = _one_sent_and_one_waiting(stack)

    _kill(stack.processes[0])

    _all_sent_once(stack, [first, second])


def test_stopped_while_waiting_for_a_slot(stack: Stack) -> None:
    """A worker that slept through its lease finds its slot, and does not use it: another has sent meanwhile."""
    first, second = _one_sent_and_one_waiting(stack)
    sleeper = stack.processes[0]

    sleeper.send_signal(signal.SIGSTOP)
    _all_sent_once(stack, [first, second])
    sleeper.send_signal(signal.SIGCONT)
    sleeper.terminate()
    sleeper.wait(20)

    assert _requests(stack, second) == 1


def test_killed_after_the_provider_took_it(stack: Stack) -> None:
    """The answer never came: the same tag is refused, and found to be ours."""
    [message] = _campaign(stack, 1, hanging=0)
    worker = stack.start_worker()
    _until_taken(stack, message)

    _kill(worker)

    _all_sent_once(stack, [message], again=[message])


@pytest.mark.parametrize("way", ["killed", "stopped"])
def test_redis_away_when_the_answer_comes(stack: Stack, redis_server: RedisServer, way: str) -> None:
    """The provider's yes cannot be recorded. Once Redis is back, the lease runs out and the provider is asked again."""
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


def test_all_connections_to_redis_are_cut_in_mid_campaign(stack: Stack, redis_server: RedisServer) -> None:
    """Celery hands running tasks out again at once; the store refuses the second copy."""
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
    _all_sent_once(stack, messages)


def _campaign(stack: Stack, count: int, hanging: int | None = None) -> list[Message]:
    """Messages of one task where they are few; one of them meets silence."""
    stack.simulator.set_faults({"kind": "hang_after", "suffix": HANGING, "times": 1})
    numbers = [f"0904444{HANGING if number == hanging else 2000 + number}" for number in range(count)]
    results = stack.client.send_many({"to": number, "body": "one of many"} for number in numbers)
    return [result.message for result in results if result.message]


def _one_sent_and_one_waiting(stack: Stack) -> tuple[Message, Message]:
    """At one call in four seconds, the first message is taken, and the second has to wait under its lease."""
    stack.environment["ZETTAI_RATE_LIMIT"] = "1/4second"
    stack.environment["ZETTAI_LEASE"] = "7"
    stack.start_worker(threads=4)
    # On a busy machine the only slot in four seconds may be missed, and the message is then due again.
    stack.start_beat()
    first = stack.client.send("09044440003", "first", lane="urgent")
    _until_taken(stack, first)
    second = stack.client.send("09044440004", "second", lane="urgent")
    stack.wait_for_state(second, State.SUBMITTING)
    assert _requests(stack, second) == 0
    del stack.environment["ZETTAI_RATE_LIMIT"]
    return first, second


def _all_sent_once(stack: Stack, messages: list[Message], again: list[Message] | None = None) -> None:
    """With workers that live, all are delivered; only some were asked for a second time."""
    stack.start_worker()
    if not any("beat" in str(process.args) for process in stack.processes):
        stack.start_beat()
    for message in messages:
        assert stack.wait_for_state(message).state is State.DELIVERED
        truth = stack.record_of(message)
        assert truth["taken"] == 1
        assert truth["requests"] == 1 or message in (again or [])


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
