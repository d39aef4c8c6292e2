"""The provider answers fast or slowly: how much of the limit is used, and how much is claimed for it. And the peers."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from zettai_benchmarks import claims, peer_runs
from zettai_benchmarks.measure import coarsened
from zettai_benchmarks.measured_stack import LIMIT, MeasuredStack
from zettai_benchmarks.measurements import WARM_UP
from zettai_benchmarks.peers.run import run as run_peer
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale
from zettai_simulator.settings import Latency

LATENCIES: Mapping[str, Latency] = {
    "50 ms": Latency(0.05),
    "100 ms": Latency(0.1),
    "400 ± 200 ms": Latency(0.2, 0.4),
    "1 to 1.5 s": Latency(1.0, 0.5),
    "3 s": Latency(3.0),
}

PEER_LATENCIES = ("100 ms", "1 to 1.5 s", "3 s")
"""The latencies at which the peers run too; all five would take 4 minutes more."""

QUICK_LATENCIES = ("100 ms", "3 s")
SLOWEST = "3 s"
"""Where the most calls are in flight, and the memory of the workers is measured."""

PEERS_LEFT_OUT = ("bullmq_tenths",)
"""It has the same workers as another peer, and differs by its limiter only."""


def run(scale: Scale) -> Result:
    """Send a campaign at each latency, with the same command and no setting but the provider's address."""
    seconds, peer_seconds = scale.of(20.0, 3.0), scale.of(12.0, 3.0)
    ours = {name: _ours(LATENCIES[name], seconds) for name in scale.of(tuple(LATENCIES), QUICK_LATENCIES)}
    runs, skipped = _peers(scale, peer_seconds)
    return Result(
        name="latencies",
        settings={
            "seconds": seconds,
            "peers_seconds": peer_seconds,
            "limit": LIMIT,
            "latencies": {name: [one.seconds, one.seconds + one.jitter] for name, one in LATENCIES.items()},
        },
        targets=tuple(_targets(ours)),
        runs={"ours": ours, **runs},
        skipped=skipped,
        quick=scale.quick,
    )


def _targets(ours: Mapping[str, Any]) -> list[Target]:
    found = {name: one["measurements"] for name, one in ours.items()}
    shares = [
        Target(f"share of the limit, answers after {name}", 0.99, one["share_of_limit"], at_most=False, unit="share")
        for name, one in found.items()
    ]
    worst = max(one["worst_second"] for one in found.values())
    claimed = max(one["claimed_beyond_flight"] for one in found.values())
    memory = found[SLOWEST]["workers_memory_mb"]
    return [
        *shares,
        Target("calls in the worst sliding second of all these runs", LIMIT, worst, at_most=True),
        Target("messages claimed and not in flight, the most", 100, claimed, at_most=True),
        Target(f"memory of all worker processes, answers after {SLOWEST}", 700, memory, at_most=True, unit="MB"),
    ]


def _ours(latency: Latency, seconds: float) -> dict[str, Any]:
    settling = settling_at(latency)
    flags = {"latency": latency.seconds, "jitter": latency.jitter}
    with MeasuredStack(simulator=flags) as stack, ThreadPoolExecutor(1) as pool:
        stack.start_workers()
        stack.enqueue(round(LIMIT * (settling + WARM_UP + seconds + 5)))
        stack.wait_for_calls()
        counting = pool.submit(claims.watch, stack, settling + WARM_UP + seconds)
        time.sleep(settling + WARM_UP)
        done = stack.measure(LIMIT, list(stack.sample(seconds)))
        done["measurements"]["workers_memory_mb"] = stack.workers_memory() / 2**20
        done["claims"] = counting.result()
    done["measurements"]["claimed_beyond_flight"] = max(map(claims.beyond_flight, done["claims"]))
    return coarsened(done)


def settling_at(latency: Latency) -> float:
    """Return the seconds until as many calls are in flight as the limit needs: two answers after each other."""
    return 2 * (latency.seconds + latency.jitter)


def _peers(scale: Scale, seconds: float) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return the runs of each peer by latency, and the reasons of those that were skipped or failed."""
    chosen = [name for name in peer_runs.names(scale) if name not in PEERS_LEFT_OUT]
    runs: dict[str, dict[str, Any]] = {}
    skipped: dict[str, str] = {}
    for latency in scale.of(PEER_LATENCIES, QUICK_LATENCIES[:1]):
        done, left_out = peer_runs.each(chosen, partial(_peer, latency=LATENCIES[latency], seconds=seconds))
        for peer, one in done.items():
            runs.setdefault(peer, {})[latency] = one
        skipped |= left_out
    return runs, skipped


def _peer(peer: str, latency: Latency, seconds: float) -> dict[str, Any]:
    settling = settling_at(latency)
    messages = round(LIMIT * (settling + WARM_UP + seconds + 4))
    return coarsened(run_peer(peer_runs.plan(peer, messages, seconds, latency=latency, settling=settling)))
