"""A campaign at the limit: how much of it is used, whether it is kept, and what a message costs. Ours and the peers."""

from functools import partial

from zettai_benchmarks import peer_runs
from zettai_benchmarks.labels import name_of
from zettai_benchmarks.measured_stack import LATENCY, LIMIT, MeasuredStack
from zettai_benchmarks.peers.run import run as run_peer
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale

RIVAL = "taskiq_aiohttp"
"""The cheapest peer in Python."""


def run(scale: Scale) -> Result:
    """Send 40,000 messages by `send_many`, and measure for 45 seconds."""
    messages, seconds = scale.of(40_000, 6_000), scale.of(45.0, 6.0)
    with MeasuredStack() as stack:
        stack.start_workers()
        took = stack.enqueue(messages)
        ours = stack.measure(LIMIT, list(stack.sample(seconds)))
    ours["measurements"]["enqueued_per_second"] = messages / took
    measurements = ours["measurements"]
    peer_seconds = scale.of(15.0, 3.0)
    runs, skipped = peer_runs.each(peer_runs.names(scale), partial(_peer, seconds=peer_seconds))
    cost = measurements["workers_cpu_ms"]
    rival = runs[RIVAL]["measurements"]["workers_cpu_ms"] if RIVAL in runs else None
    return Result(
        name="bulk",
        settings={
            "messages": messages,
            "seconds": seconds,
            "peers_seconds": peer_seconds,
            "limit": LIMIT,
            "latency": LATENCY,
        },
        targets=(
            Target(
                "share of the limit used at saturation",
                0.99,
                measurements["share_of_limit"],
                at_most=False,
                unit="share",
            ),
            Target(
                "calls in the worst sliding second of the whole run", LIMIT, measurements["worst_second"], at_most=True
            ),
            Target("worker CPU for each bulk message", 0.6, cost, at_most=True, unit="ms"),
            Target(
                f"worker CPU for each bulk message, against {name_of(RIVAL)} in the same run",
                1.0,
                cost / rival if rival else None,
                at_most=True,
                unit="×",
            ),
        ),
        runs={"ours": ours, **runs},
        skipped=skipped,
        quick=scale.quick,
    )


def _peer(name: str, seconds: float) -> dict[str, object]:
    return run_peer(peer_runs.plan(name, round(LIMIT * (seconds + 4)), seconds))
