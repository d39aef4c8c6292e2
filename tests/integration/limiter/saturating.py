"""A process whose threads make calls as fast as the limit lets them. Prints the instants of the calls.

    python saturating.py slots|fixed-window URL KEY THREADS START SECONDS

START is an instant of the monotonic clock, which all processes of a machine share.
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
    """Wait for a slot."""
    limiter = Limiter(connect(url, retry=UNRETRIED, timeout=timedelta(seconds=2)), limit=LIMIT, key=key)
    return lambda: limiter.acquire(Lane.BULK, timeout=timedelta(seconds=1))


def fixed_window(url: str, key: str) -> Callable[[], None]:
    """Ask until the window has room."""
    assert urlsplit(url).scheme == "redis"
    limiter, item = FixedWindowRateLimiter(RedisStorage(url)), parse(LIMIT)

    def acquire() -> None:
        while not limiter.hit(item, key):
            time.sleep(0.002)

    return acquire


def saturate(acquire: Callable[[], None], start: float, end: float) -> list[int]:
    """One thread's calls."""
    instants = []
    time.sleep(max(0.0, start - time.monotonic()))
    while time.monotonic() < end:
        with suppress(LimiterTimeout):
            acquire()
            instants.append(monotonic_now())
    return instants


def main() -> None:
    """Run the threads."""
    kind, url, key, threads, start, seconds = sys.argv[1:]
    acquire = {"slots": slots, "fixed-window": fixed_window}[kind](url, key)
    with ThreadPoolExecutor(int(threads)) as pool:
        ends = float(start) + float(seconds)
        runs = [pool.submit(saturate, acquire, float(start), ends) for _ in range(int(threads))]
    sys.stdout.write(" ".join(str(instant) for run in runs for instant in run.result()))


if __name__ == "__main__":
    main()
