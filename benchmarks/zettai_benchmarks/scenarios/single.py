"""Single sends: what one `send()` costs its caller, and what one message costs the workers."""

from concurrent.futures import ThreadPoolExecutor

from zettai_benchmarks.durations import percentiles
from zettai_benchmarks.figures import WARM_UP
from zettai_benchmarks.results import Result, Verdict
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.sender import Sent, send
from zettai_benchmarks.stand import LATENCY, LIMIT, Stand

LANE = "normal"


def run(scale: Scale) -> Result:
    """A producer alone on the machine, then one that offers the whole limit to workers."""
    alone, seconds = scale.of(2_000, 300), scale.of(30.0, 4.0)
    with Stand() as stand:
        quiet = send(alone, 1 / LIMIT, LANE, stand.environment)
    with Stand() as stand, ThreadPoolExecutor(1) as pool:
        stand.start_worker()
        # Somewhat more than is watched.
        producing = pool.submit(send, round((seconds + 2 * WARM_UP) * LIMIT), 1 / LIMIT, LANE, stand.environment)
        stand.wait_for_calls()
        ours = stand.run(LIMIT, list(stand.watch(seconds + WARM_UP)))
        busy = producing.result()
    ours |= {"took": busy.took, "took_quiet": quiet.took}
    ours["figures"] |= {"quiet": percentiles(quiet.took), "busy": percentiles(busy.took), "offered": _rate(busy)}
    figures = ours["figures"]
    quiet_p50 = figures["quiet"]["p50"] * 1000
    return Result(
        name="single",
        settings={"alone": alone, "seconds": seconds, "limit": LIMIT, "latency": LATENCY, "lane": LANE},
        verdicts=(
            Verdict("worker CPU for each single message", 1.8, figures["workers_cpu_ms"], most=True, unit="ms"),
            Verdict("`send()` on a quiet machine, p50", 1.2, quiet_p50, most=True, unit="ms"),
        ),
        runs={"ours": ours},
        quick=scale.quick,
    )


def _rate(sent: Sent) -> float:
    """Calls a second that the producer came to."""
    return (len(sent.began) - 1) * 1e6 / (sent.began[-1] - sent.began[0])
