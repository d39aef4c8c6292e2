"""Each moment at which a process may die, by itself: what was under way is sent once, and known to be."""

import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.chaos.broker import Broker
from tests.support.plant import Plant, eventually

from zettai import Message, State
from zettai_simulator import SimulatorProcess
from zettai_worker.sending.sender import CLAIM_BATCH

HANGING = "0001"
"""The last digits of a number whose first request is carried out, and answered by silence."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A Redis that a test may kill."""
    with Broker(tmp_path / "redis") as broker:
        yield broker


@pytest.fixture
def plant(broker: Broker, tmp_path: Path) -> Iterator[Plant]:
    """A plant whose processes a test starts and kills."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5, kddi_failure_after=4, hang_for=3)
    times = {"HTTP_TIMEOUT": "2", "LEASE": "4"}
    with simulator, Plant(broker.url, simulator, tmp_path, "points", **times) as plant:
        yield plant


def test_killed_before_and_after_the_claim(plant: Plant) -> None:
    """Some are claimed at once; one of them is in the air, and of the others not a byte went out."""
    messages = _campaign(plant, CLAIM_BATCH + 4, hanging=0)
    worker = plant.start_worker(threads=1)
    _until_taken(plant, messages[0])

    _kill(worker)

    states = [_state(plant, message) for message in messages]
    assert states[:CLAIM_BATCH] == [State.SUBMITTING] * CLAIM_BATCH
    assert states[CLAIM_BATCH:] == [State.QUEUED] * 4
    _all_sent_once(plant, messages, again=messages[:1])


def test_killed_before_the_ack(plant: Plant) -> None:
    """Most of a task are settled, and the task comes back: nobody gets a second message, or even a second request."""
    messages = _campaign(plant, CLAIM_BATCH + 1, hanging=CLAIM_BATCH)
    worker = plant.start_worker(threads=1)
    _until_taken(plant, messages[-1])

    _kill(worker)

    assert not [message for message in messages[:-1] if _state(plant, message) is State.SUBMITTING]
    _all_sent_once(plant, messages, again=messages[-1:])


def test_killed_while_waiting_for_a_slot(plant: Plant) -> None:
    """Not a byte was written: the second message is asked for once, by the worker that comes after."""
    first, second = _one_sent_and_one_waiting(plant)

    _kill(plant.processes[0])

    _all_sent_once(plant, [first, second])


def test_stopped_while_waiting_for_a_slot(plant: Plant) -> None:
    """A worker that slept through its lease finds its slot, and does not use it: another has sent meanwhile."""
    first, second = _one_sent_and_one_waiting(plant)
    sleeper = plant.processes[0]

    sleeper.send_signal(signal.SIGSTOP)
    _all_sent_once(plant, [first, second])
    sleeper.send_signal(signal.SIGCONT)
    sleeper.terminate()
    sleeper.wait(20)

    assert _requests(plant, second) == 1


def test_killed_after_the_provider_took_it(plant: Plant) -> None:
    """The answer never came: the same tag is refused, and found to be ours."""
    [message] = _campaign(plant, 1, hanging=0)
    worker = plant.start_worker()
    _until_taken(plant, message)

    _kill(worker)

    _all_sent_once(plant, [message], again=[message])


@pytest.mark.parametrize("way", ["killed", "stopped"])
def test_redis_away_when_the_answer_comes(plant: Plant, broker: Broker, way: str) -> None:
    """The provider's yes cannot be recorded. Once Redis is back, the lease runs out and the provider is asked again."""
    plant.simulator.set_latency(0.5)
    plant.start_worker()
    plant.start_beat()
    message = plant.client.send("09044440002", "answered into the void", lane="urgent")
    _until_taken(plant, message)

    if way == "killed":
        broker.kill()
        eventually(lambda: plant.simulator.stats()["calls"]["mt"].get("0"), "it was answered")
        broker.start()
    else:
        broker.freeze(2)
    plant.start_worker()
    plant.start_beat()

    assert plant.ended(message).state is State.DELIVERED
    assert plant.truth_of(message)["taken"] == 1


def test_all_connections_to_redis_are_cut_in_mid_campaign(plant: Plant, broker: Broker) -> None:
    """Celery hands running tasks out again at once; the store refuses the second copy."""
    plant.start_worker()
    plant.start_worker()
    plant.start_beat()
    messages = _campaign(plant, 200)
    for part in (20, 80, 140):
        eventually(partial(_are_taken, plant, part), f"{part} are taken")
        broker.cut_everybody_off()

    for process in plant.processes:
        if process.poll() is not None:
            plant.start_worker()
    _all_sent_once(plant, messages)


def _campaign(plant: Plant, count: int, hanging: int | None = None) -> list[Message]:
    """Messages of one task where they are few; one of them meets silence."""
    plant.simulator.set_faults({"kind": "hang_after", "suffix": HANGING, "times": 1})
    numbers = [f"0904444{HANGING if number == hanging else 2000 + number}" for number in range(count)]
    receipts = plant.client.send_many({"to": number, "body": "one of many"} for number in numbers)
    return [receipt.message for receipt in receipts if receipt.message]


def _one_sent_and_one_waiting(plant: Plant) -> tuple[Message, Message]:
    """At one call in four seconds, the first message is taken, and the second has to wait under its lease."""
    plant.environment["ZETTAI_RATE_LIMIT"] = "1/4second"
    plant.environment["ZETTAI_LEASE"] = "7"
    plant.start_worker(threads=4)
    # On a busy machine the only slot in four seconds may be missed, and the message is then due again.
    plant.start_beat()
    first = plant.client.send("09044440003", "first", lane="urgent")
    _until_taken(plant, first)
    second = plant.client.send("09044440004", "second", lane="urgent")
    plant.ended(second, State.SUBMITTING)
    assert _requests(plant, second) == 0
    del plant.environment["ZETTAI_RATE_LIMIT"]
    return first, second


def _all_sent_once(plant: Plant, messages: list[Message], again: list[Message] | None = None) -> None:
    """With workers that live, all are delivered; only some were asked for a second time."""
    plant.start_worker()
    if not any("beat" in str(process.args) for process in plant.processes):
        plant.start_beat()
    for message in messages:
        assert plant.ended(message).state is State.DELIVERED
        truth = plant.truth_of(message)
        assert truth["taken"] == 1
        assert truth["requests"] == 1 or message in (again or [])


def _kill(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


def _are_taken(plant: Plant, count: int) -> bool:
    return int(plant.simulator.stats()["taken"]) >= count


def _state(plant: Plant, message: Message) -> State:
    found = plant.client.get(message.client_tag)
    assert found is not None
    return found.state


def _requests(plant: Plant, message: Message) -> int:
    try:
        return int(plant.truth_of(message)["requests"])
    except RuntimeError:  # it never came in
        return 0


def _until_taken(plant: Plant, message: Message) -> None:
    eventually(lambda: _requests(plant, message), "the provider takes it")
