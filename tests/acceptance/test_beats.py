"""Beat on several hosts: only one publishes ticks, and another takes over when it dies."""

import json
import signal
import subprocess
from collections import Counter

import pytest
from redis import Redis
from tests.support.stack import Stack, eventually

from zettai.core.lanes import Lane


@pytest.fixture
def stack(own_stack: Stack) -> Stack:
    """Return a stack without workers, so that each tick stays in its queue. Beat takes over after 3 seconds."""
    own_stack.environment |= {"ZETTAI_BEAT_TAKEOVER": "3", "PYTHONUNBUFFERED": "1"}
    return own_stack


def _ticks(stack: Stack, redis: Redis) -> Counter[int]:
    """Return the number of ticks by process, read from the origin of each task (`gen1234@host`)."""
    tasks = redis.lrange(stack.store.keys.queue(Lane.URGENT), 0, -1)
    origins = [json.loads(task)["headers"]["origin"] for task in tasks]
    return Counter(int(origin.removeprefix("gen").partition("@")[0]) for origin in origins)


def _wait_for_ticks(stack: Stack, redis: Redis, beat: subprocess.Popen[bytes], more: int = 3) -> None:
    before = _ticks(stack, redis)[beat.pid]
    eventually(lambda: _ticks(stack, redis)[beat.pid] >= before + more, "beat ticks")


def _has_started(stack: Stack, beat: subprocess.Popen[bytes]) -> bool:
    """Return whether beat has logged its start. Next it requests the lock."""
    number = stack.processes.index(beat)
    [log] = stack.folder.glob(f"{stack.key_prefix}-{number}-beat.log")
    return "is starting" in log.read_text(errors="replace")


def test_second_beat_takes_over_when_the_first_is_killed(stack: Stack, redis: Redis) -> None:
    first = stack.start_beat()
    _wait_for_ticks(stack, redis, first)
    second = stack.start_beat()
    eventually(lambda: _has_started(stack, second), "the second beat starts")
    _wait_for_ticks(stack, redis, first, 5)
    assert set(_ticks(stack, redis)) == {first.pid}

    first.send_signal(signal.SIGKILL)
    first.wait()

    _wait_for_ticks(stack, redis, second)


def test_beat_stopped_beyond_its_lock_exits(stack: Stack, redis: Redis) -> None:
    """It may publish some ticks before it notices, which does no harm: a tick may come twice."""
    first = stack.start_beat()
    _wait_for_ticks(stack, redis, first)
    second = stack.start_beat()
    first.send_signal(signal.SIGSTOP)
    _wait_for_ticks(stack, redis, second)

    first.send_signal(signal.SIGCONT)

    assert first.wait(30) != 0
    ticks = _ticks(stack, redis)[first.pid]
    _wait_for_ticks(stack, redis, second)
    assert _ticks(stack, redis)[first.pid] == ticks
