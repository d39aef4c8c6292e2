"""Peer: Celery on Redis, the moving window of `limits` in the same Redis, requests. Runs in the peers' venv.

What most Python teams write: a task for each message, acknowledged late so that none is lost with its worker, and
Celery's own retries. Tried on two cores at a limit of 600 calls a second and 0.1 s of latency: prefork with 2 × 64
children made about 210 calls a second, gevent with 2 × 64 greenlets about 50, 2 × 64 threads about 500, and 4 × 32
threads 600, which is why they are used; a longer prefetch changed nothing. One thread of a process asks the limiter
at a time, so that a freed place wakes one of them and not all.

A slower provider needs more threads, in as many processes: see `Kind.concurrency_at`. Tried at 3 s of latency, in short
runs beside other work on the machine: 4 × 585 threads used 99 % of the limit, 8 × 293 97 %, 4 × 900 94 % and 2 × 1,170
87 %.
"""

import threading
import time
from collections.abc import Sequence

import requests
from celery import Celery
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from zettai_benchmarks.peers.job import LANES, TIMEOUT, TRIES, Order, Setup, TransientError, check

setup = Setup.from_environment()
limiter = MovingWindowRateLimiter(RedisStorage(setup.redis_url))
limit = RateLimitItemPerSecond(max(setup.limit, 1))
turn = threading.Lock()
local = threading.local()

app = Celery("peer", broker=setup.redis_url)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"queue_order_strategy": "priority"},  # the queues in the order of the command line
)


def wait_for_the_limit() -> None:
    """Let one thread at a time ask; if the window is full, sleep until its oldest call leaves it."""
    with turn:
        while setup.limit and not limiter.hit(limit, "provider"):
            reset = limiter.get_window_stats(limit, "provider").reset_time
            time.sleep(max(0.0, reset - time.time()))


@app.task(
    autoretry_for=(TransientError, requests.ConnectionError, requests.Timeout),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=TRIES,
)
def send(*words: str) -> None:
    """Send one message."""
    if not hasattr(local, "session"):
        local.session = requests.Session()
    wait_for_the_limit()
    response = local.session.post(setup.url, data=Order(*words).to_form(), timeout=TIMEOUT)
    check(response.status_code, response.json() if response.ok else None)


def enqueue(orders: Sequence[Order], lane: str) -> None:
    """Publish one by one over one connection: Celery has no bulk call."""
    assert lane in LANES
    with app.producer_pool.acquire(block=True) as producer:
        for order in orders:
            send.apply_async(order, queue=lane, producer=producer)
