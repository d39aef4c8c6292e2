"""The provider becomes slow and fast again within one run, and no worker is restarted."""

from typing import Any

from zettai_benchmarks.measure import coarsened, expand, share_of_limit
from zettai_benchmarks.measured_stack import LIMIT, MeasuredStack
from zettai_benchmarks.measurements import Sample
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale

LATENCIES = (0.1, 1.5, 0.1)
"""Seconds that the provider takes to answer, one after the other."""


def run(scale: Scale) -> Result:
    """Send a campaign, and change the latency twice."""
    seconds = scale.of(15.0, 4.0)
    ours = _ours(seconds)
    measurements = ours["measurements"]
    return Result(
        name="changing",
        settings={"latencies": list(LATENCIES), "seconds": seconds, "limit": LIMIT},
        targets=(
            Target(
                "share of the limit over the whole run",
                0.97,
                measurements["share_of_limit"],
                at_most=False,
                unit="share",
            ),
            Target("calls in the worst sliding second", LIMIT, measurements["worst_second"], at_most=True),
        ),
        runs={"ours": ours},
        quick=scale.quick,
    )


def _ours(seconds: float) -> dict[str, Any]:
    phases: list[list[Sample]] = []
    with MeasuredStack(simulator={"latency": LATENCIES[0]}) as stack:
        stack.start_workers()
        stack.enqueue(round(LIMIT * (seconds * len(LATENCIES) + 5)))
        stack.wait_for_calls()
        for latency in LATENCIES:
            stack.simulator.set_latency(latency)
            phases.append(list(stack.sample(seconds)))
        done = stack.measure(LIMIT, [one for phase in phases for one in phase])
    instants = expand(done["arrivals"])
    # A phase begins with its first sample; calls of the latency before are still in flight then.
    spans = [(int(phase[0]["at"]), int(phase[-1]["at"])) for phase in phases]
    done["phases"] = [
        {"latency": latency, "share_of_limit": share_of_limit(instants, LIMIT, span)}
        for latency, span in zip(LATENCIES, spans, strict=True)
    ]
    return coarsened(done)
