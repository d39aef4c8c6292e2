"""Which Celery processes to run on a machine: a pure function.

Each process serves all lanes, the most urgent first, and makes as many calls at the same time as it needs (see
`zettai_worker.engine`). So there is nothing to choose but their number. `beat` starts the periodic tasks. Any number of
hosts may run it: Redis gives each tick to one of them.
"""

import os
import sys
from collections.abc import Collection
from dataclasses import dataclass

from zettai.core.lanes import Lane, queue_name

MOST_PROCESSES = 4
"""More are no use: two cores make about 600 calls a second, which is the limit of the whole account."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One Celery process.

    Attributes:
        name: unique on this host.
        lanes: the lanes that it serves, the most urgent first; none for beat.
        accounts: the accounts that it serves; None is the default account.
    """

    name: str
    lanes: tuple[Lane, ...] = ()
    accounts: tuple[str | None, ...] = (None,)

    @property
    def command(self) -> list[str]:
        """The command line of the process."""
        # -P: a module of the same name in the current directory must not be imported instead.
        program = [sys.executable, "-P", "-m", "zettai_worker"]
        if not self.lanes:
            return [*program, "beat"]
        # Without -Q, Celery serves all queues of its configuration: those of all lanes and accounts.
        names = [queue_name(lane, account) for lane in self.lanes for account in self.accounts]
        queues = [] if len(self.lanes) == len(Lane) else ["-Q", ",".join(names)]
        return [*program, "worker", *queues, "-n", f"{self.name}@%h", "--without-gossip", "--without-mingle"]


def plan(
    cpus: int,
    *,
    processes: int | None = None,
    lanes: Collection[Lane] = tuple(Lane),
    beat: bool = True,
    accounts: tuple[str | None, ...] = (None,),
) -> list[ProcessSpec]:
    """Return the processes to run on a machine.

    Args:
        cpus: how many cores they may use.
        processes: how many worker processes, in place of one for each core.
        lanes: the lanes that this host serves.
        beat: whether this host runs beat.
        accounts: the accounts of the settings. Each process serves all of them.
    """
    count = processes or min(cpus, MOST_PROCESSES)
    served = tuple(lane for lane in Lane if lane in lanes)
    specs = [ProcessSpec(f"worker-{number}", served, accounts) for number in range(1, count + 1)]
    return [*specs, ProcessSpec("beat")] if beat else specs


def usable_cpus() -> int:
    """Return the number of cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
