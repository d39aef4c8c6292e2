"""Several processes at the limit. The test counts their calls in the worst second, and compares no durations."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from limits import parse
from limits.storage import RedisStorage
from redis import Redis
from tests.integration.limiter.saturating import LIMIT
from tests.integration.limiter.timeline import KEY

from zettai_simulator.arrivals import worst_window
from zettai_worker.limiter.microseconds import SECOND

PROCESSES = 4
THREADS = 8
SCRIPT = Path(__file__).with_name("saturating.py")

pytestmark = pytest.mark.alone


@contextmanager
def processes_ready(kind: str, url: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Start processes, wait until each one is ready, and kill them at the end."""
    command = [sys.executable, str(SCRIPT), kind, url, KEY, str(THREADS)]
    with ExitStack() as stack:
        processes = []
        for _ in range(PROCESSES):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            processes.append(stack.enter_context(process))
            stack.callback(process.kill)
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        yield processes


def calls(processes: list[subprocess.Popen[str]], *, start: float, seconds: float) -> list[int]:
    """Return the times at which all threads of all processes made their calls, in order."""
    for process in processes:
        assert process.stdin
        process.stdin.write(f"{start} {start + seconds}\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=60)[0] for process in processes]
    assert not any(process.returncode for process in processes)
    return sorted(int(call) for text in printed for call in text.split())


def test_no_second_has_more_calls_than_the_limit(redis_url: str, history: None) -> None:
    """All threads want more than the limit. They get most of it, even on a busy machine."""
    with processes_ready("slots", redis_url) as processes:
        made = calls(processes, start=time.monotonic() + 0.5, seconds=4)
    assert worst_window(made) <= 600
    assert len(made) > 0.5 * 600 * (made[-1] - made[0]) / SECOND


def test_fixed_window_exceeds_the_limit(redis_url: str, redis: Redis) -> None:
    """The control: the test above could pass because it counts nothing.

    One call has opened a window, which ends shortly after the start. The calls of the next window follow at once.
    """
    window = RedisStorage(redis_url).prefixed_key(parse(LIMIT).key_for(KEY))
    with processes_ready("fixed-window", redis_url) as processes:
        redis.set(window, 1, pxat=int((time.time() + 0.8) * 1_000))
        made = calls(processes, start=time.monotonic() + 0.5, seconds=1)
    assert worst_window(made) > 600
