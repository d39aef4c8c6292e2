"""A process whose threads make as many calls as the limit allows. Prints the times of the calls.

    python saturating.py slots|fixed-window URL KEY THREADS

It prints `ready`, then reads the start and the end as monotonic times, which all processes of a machine share.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

from limits import parse
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from zettai.core.lanes import Lane
from zettai.core.store.connection import UNRETRIED, connect
from zettai_worker.limiter import Limiter, LimiterTimeout
from zettai_worker.limiter.microseconds import monotonic_now

LIMIT = "600/second"


def slots(url: str, key: str) -> Callable[[], None]:
    """Return a function that waits for a slot."""
    limiter = Limiter(connect(url, retry=UNRETRIED, timeout=timedelta(seconds=2)), limit=LIMIT, key=key)
    return lambda: limiter.acquire(Lane.BULK, timeout=timedelta(seconds=1))


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
            calls.append(monotonic_now())
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
