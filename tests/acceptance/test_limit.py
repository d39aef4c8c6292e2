"""The rate limit, measured at the provider: arrivals in any sliding second."""

import pytest
from tests.support.stack import Stack, eventually

from zettai import State

LIMIT = 200
"""Calls a second. A slow machine reaches it too."""

pytestmark = pytest.mark.alone


def test_four_processes_drain_a_backlog_within_the_limit(own_stack: Stack) -> None:
    """Sends and checks are counted together."""
    own_stack.environment["ZETTAI_RATE_LIMIT"] = f"{LIMIT}/second"
    own_stack.simulator.set_limit(None)
    own_stack.simulator.set_latency(0.1)
    items = ({"to": f"0905555{number:04}", "body": "backlog"} for number in range(1200))
    tags = [result.message.client_tag for result in own_stack.client.send_many(items) if result.message]
    for _ in range(4):
        own_stack.start_worker("bulk,status")
    own_stack.start_worker("urgent")
    own_stack.start_beat()

    counts = own_stack.store.counts
    eventually(lambda: not counts()[State.QUEUED] and not counts()[State.SUBMITTING], "the backlog is drained")

    stats = own_stack.simulator.stats()
    assert stats["taken"] == len(tags)
    # If the calls do not come near the limit, the test proves nothing.
    assert LIMIT * 0.8 < stats["worstSecond"] <= LIMIT
