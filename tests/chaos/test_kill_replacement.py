"""A worker is killed between the steps of a replacement: one of the two messages is sent, or none if canceled."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.stack import HANG, Stack, eventually, short_stack

from zettai import Message, ReplaceOutcome, State
from zettai.core.times import now
from zettai_demo.stack import RedisServer
from zettai_simulator import SimulatorProcess

pytestmark = pytest.mark.long

NUMBER, OTHER = "09044440001", "09044440002"

FAR = timedelta(hours=3)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that a test may kill."""
    with RedisServer(tmp_path / "redis", fsync="always") as redis_server:
        yield redis_server


@pytest.fixture
def stack(redis_server: RedisServer, tmp_path: Path) -> Iterator[Stack]:
    """A stack whose processes a test starts and kills."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5, hang_for=HANG)
    with short_stack(redis_server.url, simulator, tmp_path, "replaced") as stack:
        yield stack


def test_worker_killed_after_the_reservation_was_taken(stack: Stack) -> None:
    """The old message is `submitting`, and only the provider knows that it is reserved."""
    stack.simulator.set_faults({"kind": "hang_after", "times": 1})
    old = _reserve(stack, State.SUBMITTING)
    eventually(stack.simulator.records, "the provider takes it")

    _replace(stack, old)
    _kill_workers(stack)

    _only_the_successor_is_sent(stack, old)


def test_worker_killed_before_it_asks_for_the_cancel(stack: Stack) -> None:
    old = _reserve(stack)
    _kill_workers(stack)

    _replace(stack, old)

    assert stack.client.get("new") is None
    _only_the_successor_is_sent(stack, old)


def test_worker_killed_after_the_cancel_and_before_its_answer(stack: Stack) -> None:
    """The provider has canceled the old message, and the store does not know it."""
    old = _reserve(stack)
    stack.simulator.set_faults({"kind": "hang_after", "endpoint": "cancelreservation", "times": 1})

    _replace(stack, old)
    eventually(lambda: stack.record_of(old)["state"] == "cancelled", "the provider cancels it")
    _kill_workers(stack)

    assert stack.client.get("new") is None
    _only_the_successor_is_sent(stack, old)


@pytest.mark.parametrize("killed", ["before the answer", "after the answer"])
def test_redis_killed_around_the_record_of_the_cancel(stack: Stack, redis_server: RedisServer, killed: str) -> None:
    old = _reserve(stack)
    stack.simulator.set_latency(0.5)

    _replace(stack, old)
    if killed == "before the answer":
        eventually(lambda: stack.record_of(old)["state"] == "cancelled", "the provider cancels it")
    else:
        eventually(lambda: stack.client.get("new"), "the successor is recorded")
    redis_server.kill()
    redis_server.start()
    _kill_workers(stack)

    _only_the_successor_is_sent(stack, old)


def test_worker_killed_after_the_old_message_was_sent(stack: Stack) -> None:
    """The cancel comes too late: the old message is the one that is sent."""
    old = _reserve(stack)
    _kill_workers(stack)
    stack.simulator.make_due(old.client_tag)

    _replace(stack, old)
    _start(stack)

    assert stack.wait_for_state(old).state is State.DELIVERED
    assert stack.client.get("new") is None
    assert stack.client.replace(old.client_tag, body="new", client_tag="new").outcome is ReplaceOutcome.TOO_LATE
    assert [record["clientTag"] for record in stack.simulator.records()] == [old.client_tag]


def test_cancel_of_a_pending_replacement_sends_none_after_a_kill(stack: Stack) -> None:
    old = _reserve(stack)
    _kill_workers(stack)
    _replace(stack, old)
    stack.client.cancel(old.client_tag)

    _start(stack)

    assert stack.wait_for_state(old).state is State.CANCELED
    assert stack.client.get("new") is None
    assert [record["state"] for record in stack.simulator.records()] == ["cancelled"]


def _reserve(stack: Stack, state: State = State.SCHEDULED) -> Message:
    """Start a worker, and send a message for a far time. Return it when it is in a state."""
    _start(stack)
    message = stack.client.send(NUMBER, "old", send_at=now() + FAR)
    return stack.wait_for_state(message, state)


def _replace(stack: Stack, old: Message) -> None:
    """Replace the message by one that is sent soon."""
    result = stack.client.replace(old.client_tag, send_at=now() + timedelta(seconds=1), body="new", client_tag="new")
    assert result.outcome is ReplaceOutcome.PENDING


def _start(stack: Stack) -> None:
    stack.start_worker()
    stack.start_beat()


def _kill_workers(stack: Stack) -> None:
    for process in stack.processes:
        process.kill()
        process.wait()


def _only_the_successor_is_sent(stack: Stack, old: Message) -> None:
    """Start new workers, and check that the old message is canceled, and its successor is sent at its time."""
    _start(stack)
    ended = stack.wait_for_state(old)
    assert (ended.state, ended.reason, ended.replaced_by) == (State.CANCELED, "replaced", "new")
    successor = stack.client.get("new")
    assert successor is not None
    # Its time is the next full minute. Nothing but its time keeps it here, so its send time is moved to now.
    _make_due(stack)
    assert stack.wait_for_state(successor).state is State.DELIVERED
    found = {record["clientTag"]: (record["state"], record["taken"]) for record in stack.simulator.records()}
    assert found == {old.client_tag: ("cancelled", 1), "new": ("sent", 1)}


def _make_due(stack: Stack) -> None:
    """Set the send time of the successor to now, and make it due."""
    redis, keys = stack.store.redis, stack.store.keys
    moment = round(stack.store.now().timestamp() * 1000) - 1000
    redis.hset(keys.message("new"), "send_at", moment)
    redis.zadd(keys.due_to_send, {"new": moment})
