"""Several processes at the limit: the calls of any second are counted, not timed."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from limits import parse
from limits.storage import RedisStorage
from redis import Redis
from tests.integration.limiter.timeline import KEY, worst

from zettai_worker.limiter.microseconds import SECOND

PROCESSES = 4
THREADS = 8
LIMIT = "600/second"

pytestmark = pytest.mark.alone


def calls(kind: str, url: str, *, start: float, seconds: float) -> list[int]:
    """The instants at which all threads of all processes made their calls, in order."""
    script = Path(__file__).with_name("saturating.py")
    command = [sys.executable, str(script), kind, url, KEY, str(THREADS), str(start), str(seconds)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    printed = [process.communicate(timeout=60)[0] for process in processes]
    assert not any(process.returncode for process in processes)
    return sorted(int(instant) for text in printed for instant in text.split())


def test_in_any_second_no_more_than_the_limit(redis_url: str, history: None) -> None:
    """Though all of them want more than that: they get most of it, even where a machine has much else to do."""
    instants = calls("slots", redis_url, start=time.monotonic() + 2, seconds=4)
    assert worst(instants) <= 600
    assert len(instants) > 0.5 * 600 * (instants[-1] - instants[0]) / SECOND


def test_a_fixed_window_is_caught(redis_url: str, redis: Redis) -> None:
    """The control: without it, a count that sees nothing would go unnoticed.

    One call has opened a window, which ends shortly after the crowd comes: one more window of calls follows at once.
    """
    window = RedisStorage(redis_url).prefixed_key(parse(LIMIT).key_for(KEY))
    redis.set(window, 1, pxat=int((time.time() + 2.3) * 1_000))
    instants = calls("fixed-window", redis_url, start=time.monotonic() + 2, seconds=1)
    assert worst(instants) > 600


def test_the_auditor_sees_one_call_too_many() -> None:
    """A second is half open: a call exactly one second after another is not in the same one."""
    even = [number * SECOND // 600 for number in range(1_200)]
    assert worst(even) == 600
    assert worst(sorted([*even, 1])) == 601
