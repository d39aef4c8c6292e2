"""Limiters that must fail, to show that the measurement detects it."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from zettai_benchmarks.measure import pack, worst_window
from zettai_benchmarks.measured_stack import LIMIT, MeasuredStack
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale

SATURATING = Path(__file__).parents[3] / "tests/integration/limiter/saturating.py"
PROCESSES, THREADS = 4, 8
STARTING = 2.0
"""Seconds until all processes are ready."""


def run(scale: Scale) -> Result:
    """Run the fixed window of `limits`, and our slots under the same load."""
    seconds = scale.of(10.0, 3.0)
    runs: dict[str, dict[str, Any]] = {}
    for kind in ("slots", "fixed-window"):
        with MeasuredStack() as stack:
            instants = _instants(kind, stack.redis_url, seconds)
        runs[kind] = {"measurements": {"worst_second": worst_window(instants)}, "arrivals": pack(instants)}
    return Result(
        name="controls",
        settings={"seconds": seconds, "processes": PROCESSES, "threads": THREADS, "limit": LIMIT},
        targets=(
            Target(
                "the fixed window of `limits`: calls in the worst sliding second, which must be too many",
                LIMIT + 1,
                runs["fixed-window"]["measurements"]["worst_second"],
                at_most=False,
            ),
            Target(
                "our slots under the same load: calls in the worst sliding second",
                LIMIT,
                runs["slots"]["measurements"]["worst_second"],
                at_most=True,
            ),
        ),
        runs=runs,
        quick=scale.quick,
    )


def _instants(kind: str, url: str, seconds: float) -> list[int]:
    """Return when the limiter let the threads of all processes continue, by one clock."""
    words = [kind, url, "control", str(THREADS), str(time.monotonic() + STARTING), str(seconds)]
    started = [
        subprocess.Popen([sys.executable, str(SATURATING), *words], stdout=subprocess.PIPE) for _ in range(PROCESSES)
    ]
    return sorted(int(instant) for process in started for instant in process.communicate()[0].split())
