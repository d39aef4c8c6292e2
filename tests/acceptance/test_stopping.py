"""SIGTERM: a worker finishes requests in flight, returns other messages to the queue, and exits."""

import signal

from tests.support.stack import Stack, eventually

from zettai import State

MESSAGES = 120


def test_sigterm_leaves_no_unknown_outcome(own_stack: Stack) -> None:
    """A worker gets SIGTERM twice during a campaign. Another one continues, and each message needs one request."""
    own_stack.simulator.set_latency(0.5)
    worker = own_stack.start_worker()
    results = own_stack.client.send_many({"to": f"0909999{n:04}", "body": "campaign"} for n in range(MESSAGES))
    tags = [result.message.client_tag for result in results if result.message]
    eventually(lambda: own_stack.simulator.stats()["taken"] >= 8, "the campaign is under way")

    worker.send_signal(signal.SIGTERM)
    eventually(lambda: "worker_stopping" in own_stack.log_text(), "the worker is stopping")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    assert "messages_returned" in own_stack.log_text()

    assert own_stack.store.counts()[State.SUBMITTING] == 0
    assert own_stack.simulator.stats()["taken"] < MESSAGES
    own_stack.simulator.set_latency(0.02)
    own_stack.start_worker()
    own_stack.start_beat()
    for tag in tags:
        assert own_stack.wait_for_state(tag).state is State.DELIVERED
        assert own_stack.simulator.record_of(tag)["requests"] == 1
