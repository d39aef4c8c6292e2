"""What an application and an operator wait for at each start: the imports of the library, and `zettai --help`."""

import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale

PYTHON = (sys.executable, "-c")

PROGRAMS = {
    "python": (*PYTHON, "pass"),
    "import zettai": (*PYTHON, "import zettai"),
    "from zettai import SmsClient": (*PYTHON, "from zettai import SmsClient"),
    "SmsClient.from_env()": (*PYTHON, "from zettai import SmsClient; SmsClient.from_env()"),
    "zettai --help": (str(Path(sys.executable).with_name("zettai")), "--help"),
}


def run(scale: Scale) -> Result:
    """Start each program some times in turn. All times are of the whole process, with the start of Python."""
    rounds = scale.of(21, 3)
    took: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, program in PROGRAMS.items():
            began = perf_counter()
            subprocess.run(program, check=True, stdout=subprocess.DEVNULL)
            took[name].append((perf_counter() - began) * 1_000)
    measurements = {name: median(times) for name, times in took.items()}
    return Result(
        name="start",
        settings={"rounds": rounds},
        targets=(
            Target("`import zettai`", 120, measurements["import zettai"], at_most=True, unit="ms"),
            Target("`zettai --help`", 250, measurements["zettai --help"], at_most=True, unit="ms"),
        ),
        runs={"ours": {"measurements": measurements}},
        quick=scale.quick,
    )
