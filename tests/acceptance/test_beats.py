"""Beat on several hosts: one ticks, and when it dies another takes over."""

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
    """Beats that take over within 3 seconds; without workers, so that each tick stays in its queue."""
    own_stack.environment |= {"ZETTAI_BEAT_TAKEOVER": "3", "PYTHONUNBUFFERED": "1"}
    return own_stack


def _ticks(stack: Stack, redis: Redis) -> Counter[int]:
    """How many ticks came from each process, by what a task tells of its origin (`gen1234@host`)."""
    tasks = redis.lrange(stack.store.keys.queue(Lane.URGENT), 0, -1)
    origins = [json.loads(task)["headers"]["origin"] for task in tasks]
    return Counter(int(origin.removeprefix("gen").partition("@")[0]) for origin in origins)


def _ticks_again(stack: Stack, redis: Redis, beat: subprocess.Popen[bytes], more: int = 3) -> None:
    before = _ticks(stack, redis)[beat.pid]
    eventually(lambda: _ticks(stack, redis)[beat.pid] >= before + more, "beat ticks")


def _is_up(stack: Stack, beat: subprocess.Popen[bytes]) -> bool:
    """Whether a beat has come as far as to say so; the lock is the next thing that it asks for."""
    number = stack.processes.index(beat)
    [log] = stack.folder.glob(f"{stack.key_prefix}-{number}-beat.log")
    return "is starting" in log.read_text(errors="replace")


def test_of_two_beats_one_ticks(stack: Stack, redis: Redis) -> None:
    """The second waits, however long; killed, the first is taken over from."""
    first = stack.start_beat()
    _ticks_again(stack, redis, first)
    second = stack.start_beat()
    eventually(lambda: _is_up(stack, second), "the second one is up")
    _ticks_again(stack, redis, first, 5)
    assert set(_ticks(stack, redis)) == {first.pid}

    first.send_signal(signal.SIGKILL)
    first.wait()

    _ticks_again(stack, redis, second)


def test_a_beat_that_slept_through_its_lock_does_not_go_on(stack: Stack, redis: Redis) -> None:
    """Stopped, taken over from, and awake again: it finds that the lock is another's, and ends instead of ticking on.

    What it published before it noticed does no harm: each tick may come twice.
    """
    first = stack.start_beat()
    _ticks_again(stack, redis, first)
    second = stack.start_beat()
    first.send_signal(signal.SIGSTOP)
    _ticks_again(stack, redis, second)

    first.send_signal(signal.SIGCONT)

    assert first.wait(30) != 0
    ticks = _ticks(stack, redis)[first.pid]
    _ticks_again(stack, redis, second)
    assert _ticks(stack, redis)[first.pid] == ticks
