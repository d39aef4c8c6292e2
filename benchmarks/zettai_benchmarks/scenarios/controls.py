"""Limiters that must fail, so that the auditor is known to see: a verdict here is met where a fault was found."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from zettai_benchmarks.measure import pack, worst_window
from zettai_benchmarks.results import Result, Verdict
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.stand import LIMIT, Stand

SATURATING = Path(__file__).parents[2] / "limiter/saturating.py"
PROCESSES, THREADS = 4, 8
STARTING = 2.0
"""Seconds until all processes are ready."""


def run(scale: Scale) -> Result:
    """The fixed window of `limits`, and beside it our slots under the same load."""
    seconds = scale.of(10.0, 3.0)
    runs: dict[str, dict[str, Any]] = {}
    for kind in ("slots", "fixed-window"):
        with Stand() as stand:
            instants = _instants(kind, stand.redis_url, seconds)
        runs[kind] = {"figures": {"worst_second": worst_window(instants)}, "arrivals": pack(instants)}
    return Result(
        name="controls",
        settings={"seconds": seconds, "processes": PROCESSES, "threads": THREADS, "limit": LIMIT},
        verdicts=(
            Verdict(
                "the fixed window of `limits`: calls in the worst sliding second, which must be too many",
                LIMIT + 1,
                runs["fixed-window"]["figures"]["worst_second"],
                most=False,
            ),
            Verdict(
                "our slots under the same load: calls in the worst sliding second",
                LIMIT,
                runs["slots"]["figures"]["worst_second"],
                most=True,
            ),
        ),
        runs=runs,
        quick=scale.quick,
    )


def _instants(kind: str, url: str, seconds: float) -> list[int]:
    """When the threads of all processes were let through, by one clock."""
    words = [kind, url, "control", str(THREADS), str(time.monotonic() + STARTING), str(seconds)]
    started = [
        subprocess.Popen([sys.executable, str(SATURATING), *words], stdout=subprocess.PIPE) for _ in range(PROCESSES)
    ]
    return sorted(int(instant) for process in started for instant in process.communicate()[0].split())
