"""Prints where the provider bills other parts than we have counted: `python compare_parts.py`.

Let cron run it each month from the 5th day on, where a worker could run: it needs the settings of the workers.
"""

import json
import subprocess
import sys
from collections.abc import Iterator


def differences(lines: str) -> Iterator[str]:
    """Yield the differences in what `zettai reconcile parts --json` prints. An incomplete month proves nothing."""
    for one in map(json.loads, lines.splitlines()):
        if one["difference"] and one["inconclusive"] is None:
            yield f"{one['month']}, {one['account']}, {one['carrier']}: {one['difference']:+} parts"


def compare() -> int:
    """Print the differences. Return the exit code of the command: 1 if there are some."""
    command = ["zettai", "reconcile", "parts", "--json"]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own words
    for difference in differences(ended.stdout):
        print(difference)
    return ended.returncode


if __name__ == "__main__":
    sys.exit(compare())
