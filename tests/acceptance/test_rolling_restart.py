"""A rolling restart: each worker is stopped and replaced while messages are sent."""

from signal import SIGTERM

import pytest
from tests.support.stack import Stack, eventually

from zettai import State

pytestmark = pytest.mark.long

MESSAGES = 300


def test_rolling_restart_sends_each_message_once(own_stack: Stack) -> None:
    own_stack.environment["ZETTAI_RATE_LIMIT"] = "30/second"
    own_stack.simulator.set_latency(0.1)
    workers = [own_stack.start_worker() for _ in range(2)]
    own_stack.start_beat()
    items = ({"to": f"0907878{number:04}", "body": "rolled"} for number in range(MESSAGES))
    tags = [result.message.client_tag for result in own_stack.client.send_many(items) if result.message]

    for worker in workers:
        _wait_until_messages_are_sent(own_stack)
        worker.send_signal(SIGTERM)
        own_stack.start_worker()
        assert worker.wait(60) == 0
    assert own_stack.simulator.stats()["taken"] < MESSAGES, "all messages were sent before the restart ended"

    eventually(lambda: own_stack.store.counts()[State.DELIVERED] == MESSAGES, "all are delivered", timeout=180)
    records = {one["clientTag"]: (one["taken"], one["requests"]) for one in own_stack.simulator.records()}
    assert records == dict.fromkeys(tags, (1, 1))


def _wait_until_messages_are_sent(stack: Stack) -> None:
    before = stack.simulator.stats()["taken"]
    eventually(lambda: stack.simulator.stats()["taken"] > before + 10, "messages are sent")
