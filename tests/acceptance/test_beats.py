"""Beat on several hosts: one ticks, and when it dies another takes over."""

import json
import signal
import subprocess
from collections import Counter

import pytest
from redis import Redis
from tests.support.plant import Plant, eventually

from zettai.core.lanes import Lane


@pytest.fixture
def plant(own_plant: Plant) -> Plant:
    """Beats that take over within 3 seconds; without workers, so that each tick stays in its queue."""
    own_plant.environment |= {"ZETTAI_BEAT_TAKEOVER": "3", "PYTHONUNBUFFERED": "1"}
    return own_plant


def _ticks(plant: Plant, redis: Redis) -> Counter[int]:
    """How many ticks came from each process, by what a task tells of its origin (`gen1234@host`)."""
    tasks = redis.lrange(plant.store.keys.queue(Lane.URGENT), 0, -1)
    origins = [json.loads(task)["headers"]["origin"] for task in tasks]
    return Counter(int(origin.removeprefix("gen").partition("@")[0]) for origin in origins)


def _ticks_again(plant: Plant, redis: Redis, beat: subprocess.Popen[bytes], more: int = 3) -> None:
    before = _ticks(plant, redis)[beat.pid]
    eventually(lambda: _ticks(plant, redis)[beat.pid] >= before + more, "beat ticks")


def _is_up(plant: Plant, beat: subprocess.Popen[bytes]) -> bool:
    """Whether a beat has come as far as to say so; the lock is the next thing that it asks for."""
    number = plant.processes.index(beat)
    [log] = plant.logs.glob(f"{plant.prefix}-{number}-beat.log")
    return "is starting" in log.read_text(errors="replace")


def test_of_two_beats_one_ticks(plant: Plant, redis: Redis) -> None:
    """The second waits, however long; killed, the first is taken over from."""
    first = plant.start_beat()
    _ticks_again(plant, redis, first)
    second = plant.start_beat()
    eventually(lambda: _is_up(plant, second), "the second one is up")
    _ticks_again(plant, redis, first, 5)
    assert set(_ticks(plant, redis)) == {first.pid}

    first.send_signal(signal.SIGKILL)
    first.wait()

    _ticks_again(plant, redis, second)


def test_a_beat_that_slept_through_its_lock_does_not_go_on(plant: Plant, redis: Redis) -> None:
    """Stopped, taken over from, and awake again: it finds that the lock is another's, and ends instead of ticking on.

    What it published before it noticed does no harm: each tick may come twice.
    """
    first = plant.start_beat()
    _ticks_again(plant, redis, first)
    second = plant.start_beat()
    first.send_signal(signal.SIGSTOP)
    _ticks_again(plant, redis, second)

    first.send_signal(signal.SIGCONT)

    assert first.wait(30) != 0
    ticks = _ticks(plant, redis)[first.pid]
    _ticks_again(plant, redis, second)
    assert _ticks(plant, redis)[first.pid] == ticks
