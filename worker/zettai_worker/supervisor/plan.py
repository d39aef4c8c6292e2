"""Which Celery processes to run on a machine: a pure function.

A task uses a thread while its calls last, and a chunk of a campaign lasts seconds. The processes divide the threads so
that no lane can block another:

- `express` serves urgent and normal messages only, so that a campaign never delays a one-time password.
- `general` serves all lanes, the most urgent first, and has most of the threads. There may be several.
- `status` serves status checks only, so that they never stop. It has few threads, because each process gets its share
  of the rate limit; when there is nothing to send, the general processes check as well.
- `beat` starts the periodic tasks. Any number of hosts may run it: Redis gives each tick to one of them.
"""

import os
import sys
from collections.abc import Collection
from dataclasses import dataclass

from zettai.core.lanes import Lane

MAX_GENERAL_PROCESSES = 4
"""More are no use: one core makes about 600 calls a second, which is the limit of the whole account."""

GENERAL_THREADS = 96
"""Calls in flight of all general processes together: 600 a second with answers after 160 ms."""

MIN_THREADS, MAX_THREADS = 32, 64
"""Threads of one general process. With more, it spends its time on switching threads."""

EXPRESS_THREADS = 32

STATUS_THREADS = 8
"""Enough for 5 % of the limit while sends use all of it, and too few for much more."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One Celery process.

    Attributes:
        name: unique on this host.
        lanes: the lanes that it serves, the most urgent first; none for beat.
        threads: how many threads serve them.
    """

    name: str
    lanes: tuple[Lane, ...] = ()
    threads: int = 0

    @property
    def command(self) -> list[str]:
        """The command line of the process."""
        # -P: a module of the same name in the current directory must not be imported instead.
        celery = [sys.executable, "-P", "-m", "celery", "-q", "-A", "zettai_worker"]
        if not self.lanes:
            return [*celery, "beat"]
        # When a thread is free, the broker reads the queues in this order.
        queues = ["-Q", ",".join(self.lanes), "-c", str(self.threads), "-n", f"{self.name}@%h"]
        return [*celery, "worker", *queues, "--without-gossip", "--without-mingle"]


def plan(
    cpus: int,
    *,
    processes: int | None = None,
    threads: int | None = None,
    lanes: Collection[Lane] = tuple(Lane),
    beat: bool = True,
) -> list[ProcessSpec]:
    """Return the processes to run on a machine.

    Args:
        cpus: how many cores they may use.
        processes: how many general processes, in place of one for each core.
        threads: of each general process.
        lanes: the lanes that this host serves.
        beat: whether this host runs beat.
    """
    count = processes or min(cpus, MAX_GENERAL_PROCESSES)
    share = threads or min(max(GENERAL_THREADS // count, MIN_THREADS), MAX_THREADS)
    served = _in_order(lanes)
    express = ProcessSpec("express", _in_order(lanes, {Lane.URGENT, Lane.NORMAL}), EXPRESS_THREADS)
    general = [ProcessSpec(f"general-{number}", served, share) for number in range(1, count + 1)]
    status = ProcessSpec("status", _in_order(lanes, {Lane.STATUS}), STATUS_THREADS)
    # Leave out an express or status process that has no lane, or the same lanes as the general ones.
    specs = [spec for spec in (express, *general, status) if spec in general or spec.lanes not in {(), served}]
    return [*specs, ProcessSpec("beat")] if beat else specs


def usable_cpus() -> int:
    """Return the number of cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _in_order(lanes: Collection[Lane], among: Collection[Lane] = tuple(Lane)) -> tuple[Lane, ...]:
    return tuple(lane for lane in Lane if lane in lanes and lane in among)
