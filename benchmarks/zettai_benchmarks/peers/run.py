"""Measure one run of a peer against the simulator: workers send a backlog, and all arrivals are recorded.

The simulator refuses nothing, so that what arrives is what the peer's own limiter let through.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from redis import Redis

from zettai_benchmarks.measure import SECOND, cpu_seconds, pack
from zettai_benchmarks.measurements import PARTS, WARM_UP, Sample, measurements
from zettai_benchmarks.peers.job import Setup
from zettai_benchmarks.peers.peer import Peer
from zettai_demo.stack import RedisServer
from zettai_simulator import SimulatorProcess
from zettai_simulator.clock import now
from zettai_simulator.settings import Latency

STARTED_WITHIN = 30.0
"""Seconds until the first call must arrive."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The parameters of a run.

    Attributes:
        peer: Its name in the catalog.
        messages: How many are enqueued before the workers start.
        seconds: How long arrivals are counted, unless the backlog ends before.
        limit: Calls a second; 0 is no limit.
        latency: How long the provider takes for an answer.
        processes: How many worker processes.
        concurrency: How many messages each of them has at work at a time.
        settling: Seconds from the first call to the measurement, in addition to the warm-up.
    """

    peer: str
    messages: int
    seconds: float
    limit: int
    latency: Latency
    processes: int
    concurrency: int
    settling: float = 0.0


def run(plan: Plan) -> dict[str, Any]:
    """Run the plan, and return the measurements and their raw data.

    Raises:
        PeerError: A process of the peer failed.
        TimeoutError: No call arrived.
    """
    with prepared(plan) as (peer, simulator, redis):
        enqueued = peer.enqueue(plan.messages)
        parts = dict(zip(PARTS, (peer.start(), [redis.info("server")["process_id"]], [simulator.pid]), strict=True))
        samples = list(_watch(plan, peer, simulator, parts))
        instants = [instant for instant, _ in simulator.arrivals()]
        peer.stop()
        taken = simulator.stats()["taken"]
    return {
        "plan": asdict(plan),
        "measurements": {
            "enqueued_per_second": plan.messages / enqueued.seconds,
            "taken": taken,
            **measurements(plan.limit, instants, instants, samples),
        },
        "samples": samples,
        "arrivals": pack(instants),
    }


@contextmanager
def prepared(plan: Plan) -> Iterator[tuple[Peer, SimulatorProcess, "Redis"]]:
    """Start Redis and the simulator, and return them with a peer that is not started yet."""
    with TemporaryDirectory() as name, RedisServer(Path(name)) as server:
        url = server.url
        with (
            SimulatorProcess(limit=0, latency=plan.latency.seconds, jitter=plan.latency.jitter) as simulator,
            Redis.from_url(url) as redis,
        ):
            setup = Setup(url, simulator.url, plan.limit, plan.processes, plan.concurrency)
            with Peer(plan.peer, setup, Path(name)) as peer:
                yield peer, simulator, redis


def _watch(plan: Plan, peer: Peer, simulator: SimulatorProcess, parts: Mapping[str, list[int]]) -> Iterator[Sample]:
    """Return a sample each second until the time is over or the backlog is sent."""
    end = first_arrival(simulator) + (plan.settling + WARM_UP + plan.seconds) * SECOND
    time.sleep(plan.settling)
    while True:
        peer.check()
        yield {"at": now(), **{part: cpu_seconds(pids) for part, pids in parts.items()}}
        if now() >= end or _taken(simulator) >= plan.messages:
            return
        time.sleep(1)


def first_arrival(simulator: SimulatorProcess) -> int:
    """Wait for the first call, and return its instant.

    Raises:
        TimeoutError: No call arrived.
    """
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline:
        if arrivals := simulator.arrivals():
            return arrivals[0][0]
        time.sleep(0.02)
    raise TimeoutError("no call arrived")


def _taken(simulator: SimulatorProcess) -> int:
    return int(simulator.control("GET", "truth?limit=1")["total"])
