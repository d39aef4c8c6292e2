"""The stack with what a benchmark needs: a backlog, processor time, and the arrivals of calls.

The simulator refuses no call, so that the arrivals show what our own limit let through. Linux only: processor time and
memory are read from /proc.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from redis import Redis

from zettai_benchmarks.measure import cpu_seconds, memory_bytes, pack, process_tree
from zettai_benchmarks.measurements import PARTS, Sample, measurements
from zettai_demo.stack import Stack, StackError, Supervisor, wait_until
from zettai_simulator import SimulatorProcess
from zettai_simulator.clock import SECOND, now

LATENCY = 0.1
"""Seconds that the provider takes to answer."""

LIMIT = 600
"""Calls a second, the default of the product."""

BODY = "こんにちは、荷物は明日届きます。"
SEND = "mt"
"""The simulator's name for the endpoint of a send."""

TIMEOUT = 90.0
"""Seconds until an awaited event counts as missing."""

GRACE = 30.0
"""Seconds that processes have to end by themselves."""


class MeasuredStack(Stack):
    """A stack in a temporary folder."""

    def __init__(self, *, simulator: Mapping[str, Any] | None = None, **settings: str) -> None:
        """Prepare the stack.

        Args:
            simulator: flags of the simulator.
            settings: settings of the product, without `ZETTAI_`, such as `RATE_LIMIT="100000/second"`.
        """
        self._temporary = TemporaryDirectory(prefix="zettai-bench-")
        flags: dict[str, Any] = {"limit": 0, "latency": LATENCY, **(simulator or {})}
        folder = Path(self._temporary.name)
        super().__init__(folder, simulator=SimulatorProcess(**flags), grace=GRACE, settings=settings)
        self._supervisor: Supervisor | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            super().__exit__(kind, error, trace)
        finally:
            self._temporary.cleanup()

    @property
    def redis(self) -> Redis:
        """A client for Redis."""
        return self.store.redis

    @property
    def redis_pid(self) -> int:
        """The process id of Redis."""
        return int(self.redis.info("server")["process_id"])

    def start_workers(self, *options: str, wait: bool = True) -> None:
        """Run `zettai worker`, and wait until all worker processes accept tasks unless `wait` is false."""
        self._supervisor = self.start_supervisor(*options)
        if wait:
            self._supervisor.wait_until_ready()

    def wait_for(self, condition: Callable[[], object], timeout: float = TIMEOUT) -> None:
        """Wait until a condition is true.

        Raises:
            StackError: the workers have ended, or the time is over.
        """
        supervisor = self._supervisor

        def has_ended() -> bool:
            return supervisor is not None and supervisor.has_ended

        if not wait_until(lambda: condition() or has_ended(), timeout) or has_ended():
            raise StackError(supervisor.log_end() if supervisor else f"it did not happen within {timeout} s")

    def enqueue(self, count: int, **keywords: Any) -> float:
        """Enqueue messages by `send_many`, and return how many seconds that took."""
        items = ({"to": f"0901234{number % 1000:04}", "body": BODY, **keywords} for number in range(count))
        started = time.monotonic()
        accepted = sum(result.ok for result in self.client.send_many(items))
        seconds = time.monotonic() - started
        if accepted != count:
            raise StackError(f"send_many accepted {accepted} of {count} messages")
        return seconds

    def process_ids(self) -> dict[str, list[int]]:
        """Return the processes of each part. All their descendants belong to it too."""
        workers = [] if self._supervisor is None else [self._supervisor.process.pid]
        return dict(zip(PARTS, (workers, [self.redis_pid], [self.simulator.pid]), strict=True))

    def busiest_worker(self) -> int:
        """Return the process id of the worker process that has used the most processor time."""
        supervisors = self.process_ids()["workers"]
        return max(process_tree(supervisors) - set(supervisors), key=lambda pid: cpu_seconds([pid]))

    def workers_memory(self) -> int:
        """Return the memory in bytes of all worker processes together, with beat and the command that runs them."""
        return memory_bytes(self.process_ids()["workers"])

    def sample(self, seconds: float) -> Iterator[Sample]:
        """Return the processor time of each part now, and after each second until the time is over."""
        yield from sample(self.process_ids(), seconds)

    def wait_for_calls(self) -> None:
        """Wait for the first call."""
        self.wait_for(self.simulator.arrivals)

    def measure(self, limit: int, samples: list[Sample]) -> dict[str, Any]:
        """Return measurements, samples and arrivals of the time so far."""
        calls = self.simulator.arrivals()
        instants = [instant for instant, _ in calls]
        sends = [instant for instant, endpoint in calls if endpoint == SEND]
        return {
            "measurements": {"sends": len(sends), **measurements(limit, instants, sends, samples)},
            "samples": samples,
            "arrivals": pack(instants),
        }


def sample(process_ids: Mapping[str, list[int]], seconds: float) -> Iterator[Sample]:
    """Return the processor time of each part now, and after each second until the time is over."""
    end = now() + round(seconds * SECOND)
    while True:
        yield {"at": now(), **{part: cpu_seconds(pids) for part, pids in process_ids.items()}}
        if now() >= end:
            return
        time.sleep(min(1.0, max(0.0, (end - now()) / SECOND)))
