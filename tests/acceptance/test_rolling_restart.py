"""A new version is rolled out while messages go out: worker after worker is told to stop and replaced."""

from signal import SIGTERM

from tests.support.stack import Stack, eventually

from zettai import State

MESSAGES = 300


def test_a_rolling_restart_loses_nothing_and_sends_nothing_twice(own_stack: Stack) -> None:
    """Each worker ends by itself, with others at work meanwhile; every message is taken once, at the first request."""
    own_stack.simulator.set_latency(0.1)
    workers = [own_stack.start_worker(threads=4) for _ in range(2)]
    own_stack.start_beat()
    items = ({"to": f"0907878{number:04}", "body": "rolled"} for number in range(MESSAGES))
    tags = [result.message.client_tag for result in own_stack.client.send_many(items) if result.message]

    for worker in workers:
        _see_messages_go_out(own_stack)
        worker.send_signal(SIGTERM)
        own_stack.start_worker(threads=4)
        assert worker.wait(20) == 0
    assert own_stack.simulator.stats()["taken"] < MESSAGES, "too fast to prove anything"

    eventually(lambda: own_stack.store.counts()[State.DELIVERED] == MESSAGES, "all are delivered")
    records = {one["clientTag"]: (one["taken"], one["requests"]) for one in own_stack.simulator.records()}
    assert records == dict.fromkeys(tags, (1, 1))


def _see_messages_go_out(stack: Stack) -> None:
    before = stack.simulator.stats()["taken"]
    eventually(lambda: stack.simulator.stats()["taken"] > before + 10, "messages go out")
