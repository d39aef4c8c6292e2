"""The command lines that start the peers.

What was chosen for each of them, and why, stands in its own module; for BullMQ it is this. Its limiter is part of the
queue, one window that begins with the first job. One Node process is enough for the limit and the cheapest way. As
documented, 600 in 1,000 ms, all is sent at once and more than 800 calls fit into a sliding second; `bullmq_tenths`
has 60 in 100 ms, which is kinder to the provider. Urgent jobs go to the head of the queue: real priorities would cost
each bulk job a sorted set. A slower provider needs more jobs at a time: in a short run beside other work, 2,340 used
99 % of the limit at 3 s of latency, still in one process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from zettai_benchmarks.peers.job import LANES

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PYTHON = str(HERE / ".venv/bin/python")

Command = Sequence[str]

SPARE = 1.3
"""Concurrency above the calls that wait for their answers, for messages that wait for the limit."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One peer.

    Attributes:
        workers: The commands that start so many processes of so much concurrency each.
        enqueue: The command that enqueues, short of COUNT LANE RUN; it prints when it began and how long it took.
        processes: How many of them suit this peer on two cores.
        concurrency: What suits each of them at the limit and 0.1 s of latency.
    """

    workers: Callable[[int, int], list[Command]]
    enqueue: Command
    processes: int
    concurrency: int

    def concurrency_at(self, limit: int, latency: float) -> int:
        """Return the concurrency of each process with which all calls of the limit can wait for their answers.

        Args:
            limit: Calls a second; 0 is no limit, where the measured value at 0.1 s is used.
            latency: The longest time in seconds that the provider takes.
        """
        return max(self.concurrency, ceil(SPARE * limit * latency / self.processes))


def _module(name: str) -> str:
    return f"zettai_benchmarks.peers.{name}"


def _python(name: str) -> Command:
    return (PYTHON, "-m", _module("enqueue"), _module(name))


def _celery(processes: int, concurrency: int) -> list[Command]:
    words = [PYTHON, "-m", "celery", "-A", _module("celery_limits"), "worker", "--loglevel", "WARNING"]
    words += ["--pool", "threads", "--concurrency", str(concurrency), "--queues", ",".join(LANES)]
    words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [[*words, "--hostname", f"peer{number}@localhost"] for number in range(processes)]


def _dramatiq(processes: int, concurrency: int) -> list[Command]:
    words = [PYTHON, "-m", "dramatiq", _module("dramatiq_limiter")]
    return [[*words, "--processes", str(processes), "--threads", str(concurrency)]]


def _taskiq(processes: int, concurrency: int) -> list[Command]:
    words = [PYTHON, "-m", "taskiq", "worker", f"{_module('taskiq_aiohttp')}:broker", "--log-level", "WARNING"]
    words += ["--workers", str(processes), "--ack-type", "when_executed"]
    words += ["--max-async-tasks", str(concurrency), "--max-prefetch", str(concurrency)]
    return [words]


def _bullmq(windows: int) -> Callable[[int, int], list[Command]]:
    """Return a command with the limit divided into windows; the process reads its concurrency from the environment."""
    return lambda processes, _: [("node", str(HERE / "bullmq/worker.mjs"), str(windows))] * processes


_ENQUEUE_BULLMQ = ("node", str(HERE / "bullmq/enqueue.mjs"))


KINDS = {
    "celery_limits": Kind(_celery, _python("celery_limits"), processes=4, concurrency=32),
    "dramatiq_limiter": Kind(_dramatiq, _python("dramatiq_limiter"), processes=2, concurrency=64),
    "taskiq_aiohttp": Kind(_taskiq, _python("taskiq_aiohttp"), processes=2, concurrency=200),
    "bullmq": Kind(_bullmq(windows=1), _ENQUEUE_BULLMQ, processes=1, concurrency=200),
    "bullmq_tenths": Kind(_bullmq(windows=10), _ENQUEUE_BULLMQ, processes=1, concurrency=200),
}
"""The peers by name."""
