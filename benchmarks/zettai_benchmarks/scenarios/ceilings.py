"""Each part by itself: how far it is from being what holds the others up. No promise depends on it."""

from zettai_benchmarks.load import calls, slots, spread, transitions
from zettai_benchmarks.results import Result
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.stand import Stand

PROCESSES = (1, 4)


def run(scale: Scale) -> Result:
    """The simulator, the limiter and the store, asked by one process and by four."""
    seconds = scale.of(3.0, 0.5)
    runs = {}
    for processes in PROCESSES:
        with Stand(simulator={"latency": 0}) as stand:
            figures = {
                **spread(calls, stand.simulator.url, seconds, processes),
                **spread(slots, stand.redis_url, seconds, processes),
                **spread(transitions, stand.redis_url, seconds, processes),
            }
        runs[f"{processes} processes" if processes > 1 else "1 process"] = {"figures": figures}
    return Result(
        name="ceilings",
        settings={"seconds": seconds, "processes": list(PROCESSES)},
        verdicts=(),
        runs=runs,
        quick=scale.quick,
    )
