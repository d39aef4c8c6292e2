"""Processes whose threads make as many calls as the limit allows.

    python -m zettai_benchmarks.saturating slots|fixed-window URL KEY THREADS

A process prints `ready`, then reads the start and the end as monotonic times, which all processes of a machine share.
At the end it prints the times of its calls.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from urllib.parse import urlsplit

from limits import parse
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from zettai.core.lanes import Lane
from zettai.core.store.connection import UNRETRIED, connect
from zettai_worker.limiter import Limiter, LimiterTimeout
from zettai_worker.limiter.local_clock import local_now

LIMIT = "600/second"
PROCESSES = 4
THREADS = 8


@contextmanager
def processes_ready(kind: str, url: str, key: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Start processes, wait until each one is ready, and kill them at the end."""
    command = [sys.executable, "-m", "zettai_benchmarks.saturating", kind, url, key, str(THREADS)]
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


def calls(processes: Sequence[subprocess.Popen[str]], *, start: float, seconds: float) -> list[int]:
    """Return the times at which all threads of all processes made their calls, in order."""
    for process in processes:
        assert process.stdin
        process.stdin.write(f"{start} {start + seconds}\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=60)[0] for process in processes]
    assert not any(process.returncode for process in processes)
    return sorted(int(call) for text in printed for call in text.split())


def slots(url: str, key: str) -> Callable[[], None]:
    """Return a function that waits for a slot."""
    limiter = Limiter(connect(url, retry=UNRETRIED, timeout=timedelta(seconds=2)), limit=LIMIT, key=key)

    def acquire() -> None:
        limiter.acquire(Lane.BULK, timeout=timedelta(seconds=1))

    return acquire


def fixed_window(url: str, key: str) -> Callable[[], None]:
    """Return a function that asks until the window has room."""
    assert urlsplit(url).scheme == "redis"
    limiter, item = FixedWindowRateLimiter(RedisStorage(url)), parse(LIMIT)

    def acquire() -> None:
        while not limiter.hit(item, key):
            time.sleep(0.002)

    return acquire


def saturate(acquire: Callable[[], None], start: float, end: float) -> list[int]:
    """Make the calls of one thread, and return their times."""
    calls = []
    time.sleep(max(0.0, start - time.monotonic()))
    while time.monotonic() < end:
        with suppress(LimiterTimeout):
            acquire()
            calls.append(local_now())
    return calls


def main() -> None:
    """Run the threads."""
    kind, url, key, threads = sys.argv[1:]
    acquire = {"slots": slots, "fixed-window": fixed_window}[kind](url, key)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    start, end = map(float, sys.stdin.readline().split())
    with ThreadPoolExecutor(int(threads)) as pool:
        runs = [pool.submit(saturate, acquire, start, end) for _ in range(int(threads))]
    sys.stdout.write(" ".join(str(call) for run in runs for call in run.result()))


if __name__ == "__main__":
    main()
