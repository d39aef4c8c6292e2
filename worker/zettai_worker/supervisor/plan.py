"""Which Celery processes a machine shall run: a pure decision. Nothing is started here.

A task holds a thread for as long as its calls take, a chunk of a campaign for seconds. So the lanes share threads only
as far as none can starve another:

- `express` serves urgent and normal messages alone: a thread for a one-time password is free, whatever a campaign does.
- `general` serves all lanes, most urgent first, and gets most of the threads. There may be several.
- `status` serves status checks alone: their floor. Few threads, since each process gets its share of the rate limit,
  and this one's shall stay small while sends need it; when nothing is to be sent, the general ones check as well.
- `beat` ticks. Any number of hosts may run it; one of them does the work, by a lock in Redis.
"""

import os
import sys
from collections.abc import Collection
from dataclasses import dataclass

from zettai.core.lanes import Lane

MOST_GENERAL = 4
"""General processes at most: a core makes about 600 calls a second, which is the whole account's limit."""

GENERAL_THREADS = 96
"""Calls that the general processes together may have in the air: 600 a second with answers after 160 ms."""

FEWEST_THREADS, MOST_THREADS = 32, 64
"""Threads of one general process; above the most, a process is busier switching than calling."""

EXPRESS_THREADS = 32

STATUS_THREADS = 8
"""Enough for 5 % of the limit while sends saturate it, and too few for much more."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One Celery process.

    Attributes:
        name: within this host.
        lanes: that it serves, first come those that go first; none for beat.
        threads: that it serves them with.
    """

    name: str
    lanes: tuple[Lane, ...] = ()
    threads: int = 0

    @property
    def command(self) -> list[str]:
        """The program and its arguments."""
        celery = [sys.executable, "-m", "celery", "-q", "-A", "zettai_worker"]
        if not self.lanes:
            return [*celery, "beat"]
        # The broker asks the queues in this order, each time that a thread is free.
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
    """Decide which processes a machine runs.

    Args:
        cpus: that they may use.
        processes: how many general ones, in place of one a core.
        threads: of each general one.
        lanes: that this host serves.
        beat: whether it runs beat.
    """
    count = processes or min(cpus, MOST_GENERAL)
    share = threads or min(max(GENERAL_THREADS // count, FEWEST_THREADS), MOST_THREADS)
    served = _in_order(lanes)
    express = ProcessSpec("express", _in_order(lanes, {Lane.URGENT, Lane.NORMAL}), EXPRESS_THREADS)
    general = [ProcessSpec(f"general-{number}", served, share) for number in range(1, count + 1)]
    status = ProcessSpec("status", _in_order(lanes, {Lane.STATUS}), STATUS_THREADS)
    # A special one that would serve no lane, or just what the general ones serve, is not needed.
    specs = [spec for spec in (express, *general, status) if spec in general or spec.lanes not in {(), served}]
    return [*specs, ProcessSpec("beat")] if beat else specs


def usable_cpus() -> int:
    """The cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _in_order(lanes: Collection[Lane], among: Collection[Lane] = tuple(Lane)) -> tuple[Lane, ...]:
    return tuple(lane for lane in Lane if lane in lanes and lane in among)
