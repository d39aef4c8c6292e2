"""Peer: dramatiq on Redis with its own rate limiter, threads and requests. Runs in the peers' venv.

The limiter's documentation lets the actor fail where the window is full, and be retried with a growing delay; waiting
in the thread is far better at a limit that is always used up, so that is done. Its window of one second is a fixed
one, by the clock. It counts with optimistic locking: where all threads ask at once most of them ask in vain (235
calls a second on two cores, for three times the processor time), so only one of each process asks at a time.

A slower provider needs more threads, in as many processes: see `Kind.concurrency_at`. Tried at 3 s of latency, in short
runs beside other work on the machine: 2 × 1,170 threads used 99 % of the limit, and 4 × 585 63 %.
"""

import threading
import time
from collections.abc import Sequence

import dramatiq
import requests
from dramatiq.brokers.redis import RedisBroker
from dramatiq.rate_limits import WindowRateLimiter
from dramatiq.rate_limits.backends import RedisBackend

from zettai_benchmarks.peers.job import LANES, TIMEOUT, TRIES, Order, RefusedError, Setup, check

setup = Setup.from_environment()
broker = RedisBroker(url=setup.redis_url)
dramatiq.set_broker(broker)
limiter = WindowRateLimiter(RedisBackend(url=setup.redis_url), "provider", limit=max(setup.limit, 1), window=1)
turn = threading.Lock()
local = threading.local()


def wait_for_the_limit() -> None:
    """Let one thread at a time ask; a full window ends with the second of the clock."""
    with turn:
        while setup.limit:
            with limiter.acquire(raise_on_failure=False) as acquired:
                if acquired:
                    return
            time.sleep(1 - time.time() % 1)


def send(*words: str) -> None:
    """Send one message."""
    if not hasattr(local, "session"):
        local.session = requests.Session()
    wait_for_the_limit()
    response = local.session.post(setup.url, data=Order(*words).to_form(), timeout=TIMEOUT)
    check(response.status_code, response.json() if response.ok else None)


actors = {
    lane: dramatiq.actor(
        send,
        actor_name=f"send-{lane}",
        queue_name=lane,
        priority=priority,
        max_retries=TRIES,
        min_backoff=1_000,  # milliseconds, as with the other peers; the default is 15 s
        throws=RefusedError,
    )
    for priority, lane in enumerate(LANES)
}


def enqueue(orders: Sequence[Order], lane: str) -> None:
    """Publish one by one: dramatiq has no bulk call."""
    actor = actors[lane]
    for order in orders:
        actor.send(*order)
