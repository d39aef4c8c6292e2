"""Functions for instants of arrival, and for the processor time and the memory of processes.

Instants are microseconds since the epoch. `worst_window` is the simulator's, `percentile` is the demo's.
"""

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, TypedDict

from zettai_demo.measurements import percentile
from zettai_simulator.arrivals import worst_window
from zettai_simulator.clock import SECOND, micros

__all__ = [
    "SECOND",
    "Instants",
    "between",
    "coarsened",
    "cpu_seconds",
    "expand",
    "memory_bytes",
    "pack",
    "per_bin",
    "percentile",
    "process_tree",
    "share_of_limit",
    "worst_window",
]

_TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds, 0.01 on Linux
_TIMES = slice(11, 15)  # utime, stime, cutime, cstime, counted behind the command's closing bracket


class Instants(TypedDict):
    """Instants as they are kept in a file: gaps are short numbers where instants are long ones.

    Attributes:
        first: the first instant; None where there are none.
        gaps: microseconds from each instant to the next.
    """

    first: int | None
    gaps: list[int]


def pack(instants: Sequence[int]) -> Instants:
    """Return instants in ascending order in a short form for files."""
    return {
        "first": instants[0] if instants else None,
        "gaps": [later - earlier for earlier, later in pairwise(instants)],
    }


def expand(packed: Instants) -> list[int]:
    """Return the instants of a short form."""
    first = packed["first"]
    return [] if first is None else list(accumulate(packed["gaps"], initial=first))


def coarsened(run: dict[str, Any]) -> dict[str, Any]:
    """Return a run with the number of arrivals in each 10 ms in place of their instants."""
    kept = {name: value for name, value in run.items() if name != "arrivals"}
    return {**kept, "calls_per_10_ms": per_bin(expand(run["arrivals"]))}


def between(instants: Sequence[int], start: int, end: int) -> int:
    """Return the number of instants in `[start, end)`; they must be in ascending order."""
    return bisect_left(instants, end) - bisect_left(instants, start)


def share_of_limit(instants: Sequence[int], limit: int, span: tuple[int, int]) -> float:
    """Return the share of the limit (calls a second) that was used in `[start, end)`."""
    start, end = span
    return between(instants, start, end) * SECOND / ((end - start) * limit)


def per_bin(instants: Iterable[int], width: float = 0.01) -> list[int]:
    """Return the number of instants in each bin, from the first instant to the last."""
    counts = Counter(instant // micros(width) for instant in instants)
    return [counts[number] for number in range(min(counts), max(counts) + 1)] if counts else []


def process_tree(pids: Iterable[int]) -> set[int]:
    """Return these processes and their descendants that are running. Linux only."""
    found: set[int] = set()
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting.extend(_children(pid))
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time in seconds (user and system) of these processes and their descendants. Linux only.

    A descendant that has ended counts as soon as its parent has waited for it. The system counts in ticks of 10 ms.
    """
    return sum(_ticks(pid) for pid in process_tree(pids)) * _TICK


def memory_bytes(pids: Iterable[int]) -> int:
    """Return the memory of these processes and their descendants. Linux only.

    Memory that several processes share, such as a library, is counted once: each process counts its part of it.
    """
    return sum(_proportional(pid) for pid in process_tree(pids))


def _proportional(pid: int) -> int:
    """Return the proportional set size of a process in bytes; 0 if it has ended."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return 0


def _children(pid: int) -> list[int]:
    """Return the children of all threads of a process."""
    children: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # it ends while we look
            children.extend(map(int, file.read_text().split()))
    return children


def _ticks(pid: int) -> int:
    with suppress(OSError):
        behind_command = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, behind_command[_TIMES]))
    return 0
