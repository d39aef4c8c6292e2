"""Killed workers, lost tasks and an unreachable provider: no message is lost, and none is sent twice."""

import signal

from redis import Redis
from tests.support.stack import TAKEN, Stack, eventually

from zettai import State
from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai_simulator import SimulatorProcess


def test_message_of_a_killed_worker_is_sent_once(own_stack: Stack) -> None:
    """The worker is killed after the provider accepted the message and before this is recorded."""
    own_stack.simulator.set_faults({"kind": "hang_after", "suffix": "0001", "times": 1})
    own_stack.start_beat()
    worker = own_stack.start_worker()
    message = own_stack.client.send("09022220001", "killed in mid-air", lane="urgent")
    eventually(lambda: _is_taken(own_stack, message.client_tag), "the provider takes the message")

    worker.send_signal(signal.SIGKILL)
    worker.wait()
    own_stack.start_worker()

    accepted = own_stack.wait_for_state(message, *TAKEN)
    assert "worker lost" in [event.reason for event in accepted.history]
    assert own_stack.record_of(message)["taken"] == 1
    assert own_stack.wait_for_state(message).state is State.DELIVERED


def test_worker_stopped_beyond_its_lease_changes_nothing(own_stack: Stack) -> None:
    """Another worker has finished the message before the first one continues."""
    own_stack.simulator.set_faults({"kind": "hang_after", "suffix": "0002", "times": 1})
    own_stack.start_beat()
    sleeper = own_stack.start_worker()
    message = own_stack.client.send("09022220002", "asleep", lane="urgent")
    eventually(lambda: _is_taken(own_stack, message.client_tag), "the provider takes the message")
    sleeper.send_signal(signal.SIGSTOP)
    own_stack.start_worker()
    own_stack.wait_for_state(message)

    sleeper.send_signal(signal.SIGCONT)
    sleeper.terminate()
    sleeper.wait()

    ended = own_stack.client.get(message.client_tag)
    assert ended is not None
    assert ended.state is State.DELIVERED
    assert own_stack.record_of(message)["taken"] == 1


def test_message_without_a_task_is_sent(stack: Stack) -> None:
    """Its task was lost by the broker."""
    orphan = NewMessage.validated(to="09022220003", body="orphan", expires_in=stack.settings.expires_in)
    stack.store.create([orphan])

    assert stack.wait_for_state(orphan.client_tag).state is State.DELIVERED


def test_message_stays_queued_while_connections_are_refused(own_stack: Stack) -> None:
    """The outcome is never unknown: without a connection the provider cannot accept a message."""
    port = int(own_stack.simulator.url.rsplit(":", 1)[1])
    own_stack.simulator.stop()
    own_stack.start_worker()
    own_stack.start_beat()
    message = own_stack.client.send("09022220004", "connection refused", lane="urgent")
    eventually(lambda: _attempts(own_stack, message.client_tag) >= 2, "two attempts are refused")

    with SimulatorProcess(port=port, delivery_after=0.1) as back:
        ended = own_stack.wait_for_state(message)

        assert ended.state is State.DELIVERED
        assert State.SUBMIT_UNKNOWN not in [event.state for event in ended.history]
        assert back.record_of(message.client_tag)["requests"] == 1


def test_finished_work_leaves_no_tasks_and_no_texts(own_stack: Stack, redis: Redis) -> None:
    own_stack.start_worker()
    own_stack.start_beat()
    items = ({"to": f"0902223{number:04}", "body": "all of them"} for number in range(120))
    tags = [result.message.client_tag for result in own_stack.client.send_many(items) if result.message]
    for tag in tags:
        own_stack.wait_for_state(tag)

    keys = own_stack.store.keys
    work = [
        keys.due_to_send,
        keys.due_to_check,
        keys.waiting(Lane.BULK),
        keys.queue(Lane.BULK),
        f"{keys.broker}unacked",
    ]
    eventually(lambda: not redis.exists(*work), "no work is left")
    assert not redis.exists(*(keys.body(tag) for tag in tags))


def _is_taken(stack: Stack, client_tag: str) -> bool:
    try:
        return bool(stack.simulator.record_of(client_tag)["taken"])
    except RuntimeError:
        return False


def _attempts(stack: Stack, client_tag: str) -> int:
    message = stack.client.get(client_tag)
    return message.attempts if message else 0
