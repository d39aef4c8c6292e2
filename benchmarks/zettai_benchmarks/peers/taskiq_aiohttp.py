"""Peer: taskiq on a Redis stream, aiohttp, and aiolimiter in each process. Runs in the peers' venv.

taskiq rather than arq, which is better known but only maintained any more (python-arq/arq#510), and reads job by job.
A stream and not a list, so that a message is acknowledged after the work. aiolimiter knows one process only, so each
gets its part of the limit; that is the usual way, and holds as long as all of them run and no other process calls. Its
bucket is small: the usual `AsyncLimiter(300, 1)` let 1,202 calls into the first second, and a bucket of one call lost
a sixth of the limit to late timers. There are no priorities: the urgent stream is read beside the other.

A slower provider needs more tasks at a time, and nothing else: see `Kind.concurrency_at`. Tried at 3 s of latency, in a
short run beside other work on the machine: 2 × 1,170 tasks used 97 % of the limit.
"""

import asyncio
from collections.abc import Sequence

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from aiolimiter import AsyncLimiter
from taskiq import TaskiqEvents, TaskiqState
from taskiq_redis import RedisStreamBroker

from zettai_benchmarks.peers.job import TIMEOUT, TRIES, Order, Setup, TransientError, check, in_chunks

setup = Setup.from_environment()
broker = RedisStreamBroker(setup.redis_url, queue_name="bulk", consumer_id="0", additional_streams={"urgent": ">"})
BURST = 5
"""Calls that a process may make at once after a pause."""


class Provider:
    """What one process needs to make calls; create it while the event loop runs."""

    def __init__(self) -> None:
        self.session = ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(TIMEOUT))
        share = setup.limit / setup.processes
        self.limiter = AsyncLimiter(BURST, BURST / share) if share else None

    async def post(self, order: Order) -> None:
        """Make one call."""
        if self.limiter is not None:
            await self.limiter.acquire()
        async with self.session.post(setup.url, data=order.to_form()) as response:
            check(response.status, await response.json() if response.ok else None)


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_provider(state: TaskiqState) -> None:
    """Create the session in the loop that will use it."""
    state.provider = Provider()


@broker.on_event(TaskiqEvents.WORKER_SHUTDOWN)
async def close_provider(state: TaskiqState) -> None:
    """Close the session."""
    await state.provider.session.close()


@broker.task(task_name="send")
async def send(words: list[str]) -> None:
    """Send one message; it is retried here, because taskiq's own retries have no delay without a scheduler."""
    for tried in range(TRIES):
        try:
            await broker.state.provider.post(Order(*words))
        except (TransientError, ClientError, TimeoutError):
            await asyncio.sleep(min(2.0**tried, 60))
        else:
            return
    raise TransientError(f"given up after {TRIES} tries")


def enqueue(orders: Sequence[Order], lane: str) -> None:
    """Publish many at a time over a few connections: taskiq has no bulk call."""

    async def publish() -> None:
        await broker.startup()
        kicker = send.kicker().with_labels(queue_name=lane)
        for chunk in in_chunks(orders, 50):
            await asyncio.gather(*(kicker.kiq(list(order)) for order in chunk))
        await broker.shutdown()

    asyncio.run(publish())
