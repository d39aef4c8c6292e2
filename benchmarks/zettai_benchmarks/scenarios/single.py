"""Single sends: what one `send()` costs its caller, and what one message costs the workers."""

from concurrent.futures import ThreadPoolExecutor

from zettai_benchmarks.durations import percentiles
from zettai_benchmarks.measured_stack import LATENCY, LIMIT, MeasuredStack
from zettai_benchmarks.measurements import WARM_UP
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.sender import Sent, send

LANE = "normal"

MOST = 2_000
"""Messages a second that one producer does not reach."""


def run(scale: Scale) -> Result:
    """Run a producer alone, then one that sends as fast as it can while workers run."""
    alone, seconds = scale.of(2_000, 300), scale.of(30.0, 4.0)
    with MeasuredStack() as stack:
        quiet = send(alone, 1 / LIMIT, LANE, stack.environment)
    with MeasuredStack() as stack, ThreadPoolExecutor(1) as pool:
        stack.start_workers()
        lasts = seconds + 2 * WARM_UP  # somewhat longer than is watched
        count = round(lasts * MOST)
        producing = pool.submit(send, count, 0, LANE, stack.environment, at_most_seconds=lasts)
        stack.wait_for_calls()
        ours = stack.measure(LIMIT, list(stack.sample(seconds + WARM_UP)))
        busy = producing.result()
    ours |= {"took": busy.took, "took_quiet": quiet.took}
    ours["measurements"] |= {"quiet": percentiles(quiet.took), "busy": percentiles(busy.took), "offered": _rate(busy)}
    measurements = ours["measurements"]
    quiet_p50 = measurements["quiet"]["p50"] * 1000
    return Result(
        name="single",
        settings={"alone": alone, "seconds": seconds, "limit": LIMIT, "latency": LATENCY, "lane": LANE},
        targets=(
            Target("worker CPU for each single message", 1.5, measurements["workers_cpu_ms"], at_most=True, unit="ms"),
            Target("messages a second by one producer beside the workers", 500, measurements["offered"], at_most=False),
            Target("`send()` on a quiet machine, p50", 1.2, quiet_p50, at_most=True, unit="ms"),
        ),
        runs={"ours": ours},
        quick=scale.quick,
    )


def _rate(sent: Sent) -> float:
    """Return the calls a second of the producer."""
    return (len(sent.began) - 1) * 1e6 / (sent.began[-1] - sent.began[0])
