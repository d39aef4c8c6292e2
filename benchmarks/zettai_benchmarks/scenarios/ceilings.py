"""The maximum throughput of each part alone."""

from zettai_benchmarks.load import calls, slots, spread, transitions
from zettai_benchmarks.measured_stack import MeasuredStack
from zettai_benchmarks.results import Result
from zettai_benchmarks.scale import Scale

PROCESSES = (1, 4)


def run(scale: Scale) -> Result:
    """Measure the simulator, the limiter and the store, with one client process and with four."""
    seconds = scale.of(3.0, 0.5)
    runs = {}
    for processes in PROCESSES:
        with MeasuredStack(simulator={"latency": 0}) as stack:
            measurements = {
                **spread(calls, stack.simulator.url, seconds, processes),
                **spread(slots, stack.redis_url, seconds, processes),
                **spread(transitions, stack.redis_url, seconds, processes),
            }
        runs[f"{processes} processes" if processes > 1 else "1 process"] = {"measurements": measurements}
    return Result(
        name="ceilings",
        settings={"seconds": seconds, "processes": list(PROCESSES)},
        targets=(),
        runs=runs,
        quick=scale.quick,
    )
