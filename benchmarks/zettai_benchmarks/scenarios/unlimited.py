"""Without a limit: how many calls a second workers can make. Ours as they start by default, and the peers."""

from typing import Any

from zettai_benchmarks import peer_runs
from zettai_benchmarks.measure import coarsened
from zettai_benchmarks.measured_stack import LATENCY, MeasuredStack
from zettai_benchmarks.peers.run import run as run_peer
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale

RATE_LIMIT = "100000/second"

OURS_AT_MOST = 3_000
"""Calls a second that our workers do not reach."""

MOST = {"bullmq": 5_000, "taskiq_aiohttp": 2_500, "dramatiq_limiter": 2_000}
"""The most calls a second of a peer, so that its backlog outlasts the run; others make less than `ORDINARY`."""

ORDINARY = 1_200


def run(scale: Scale) -> Result:
    """Send a backlog as fast as possible."""
    seconds = scale.of(6.0, 3.0)
    ours = _ours(seconds)
    runs, skipped = peer_runs.each(peer_runs.names(scale, unlimited=True), lambda name: _peer(name, seconds))
    return Result(
        name="unlimited",
        settings={"seconds": seconds, "rate_limit": RATE_LIMIT, "latency": LATENCY},
        targets=(
            Target(
                "bulk messages a second without a limit",
                1500,
                ours["measurements"]["per_second"],
                at_most=False,
            ),
        ),
        runs={"ours": ours, **runs},
        skipped=skipped,
        quick=scale.quick,
    )


def _ours(seconds: float) -> dict[str, Any]:
    with MeasuredStack(RATE_LIMIT=RATE_LIMIT) as stack:
        stack.start_workers()
        stack.enqueue(round((seconds + 4) * OURS_AT_MOST))
        return coarsened(stack.measure(0, list(stack.sample(seconds))))


def _peer(name: str, seconds: float) -> dict[str, Any]:
    messages = round((seconds + 3) * MOST.get(name, ORDINARY))
    return coarsened(run_peer(peer_runs.plan(name, messages, seconds, limit=0)))
