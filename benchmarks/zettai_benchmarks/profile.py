"""Where a worker's processor time goes: `python -m zettai_benchmarks.profile [SECONDS]`, at the limit, in bulk."""

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from zettai_benchmarks.measured_stack import LIMIT, MeasuredStack

PROFILING = Path(__file__).with_name("profiling")

WARM_UP = 5.0
"""Seconds until the times are read for the first time."""


def read(folder: Path) -> dict[str, list[float]]:
    """Return the calls and the processor seconds of each step, summed over all processes."""
    sums: dict[str, list[float]] = {}
    for file in folder.glob("*.json"):
        for name, clock in json.loads(file.read_text(encoding="utf-8")).items():
            known = sums.setdefault(name, [0.0, 0.0])
            sums[name] = [known[0] + clock[0], known[1] + clock[1]]
    return sums


def main() -> None:
    """Run, and print the calls and the time of each step for one message."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    with TemporaryDirectory() as name:
        os.environ |= {"PROFILE_FOLDER": name, "PYTHONPATH": str(PROFILING)}
        with MeasuredStack() as stack:
            stack.start_workers()
            stack.enqueue(round(LIMIT * (seconds + 10)))
            list(stack.sample(WARM_UP))
            before = read(Path(name))
            list(stack.sample(seconds))
            after = read(Path(name))
    messages = after["call"][0] - before["call"][0]
    sys.stdout.write(f"{messages:.0f} messages\n")
    for step, (calls, cpu) in after.items():
        more, used = calls - before[step][0], cpu - before[step][1]
        sys.stdout.write(f"{step:9} {more / messages:6.3f} calls  {used / messages * 1000:6.3f} ms a message\n")


if __name__ == "__main__":
    main()
