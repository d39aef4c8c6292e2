"""How the peers are started: the command lines, and nothing of what they do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.peers.job import LANES

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PYTHON = str(HERE / ".venv/bin/python")

Command = Sequence[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One peer.

    Attributes:
        workers: The commands that start so many processes of so much concurrency each.
        enqueue: The command that enqueues, short of COUNT LANE RUN; it prints the seconds that it took.
        concurrency: What suits this peer at the limit and 0.1 s of latency, for each of two processes.
    """

    workers: Callable[[int, int], list[Command]]
    enqueue: Command
    concurrency: int


def _module(name: str) -> str:
    return f"tests.benchmarks.peers.{name}"


def _python(name: str) -> Command:
    return (PYTHON, "-m", _module("enqueue"), _module(name))


def _celery(processes: int, concurrency: int) -> list[Command]:
    words = (PYTHON, "-m", "celery", "-A", _module("celery_limits"), "worker", "--pool", "threads")
    words += ("--concurrency", str(concurrency), "--queues", ",".join(LANES), "--loglevel", "WARNING")
    words += ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return [(*words, "--hostname", f"peer{number}@localhost") for number in range(processes)]


def _dramatiq(processes: int, concurrency: int) -> list[Command]:
    words = (PYTHON, "-m", "dramatiq", _module("dramatiq_limiter"))
    return [(*words, "--processes", str(processes), "--threads", str(concurrency))]


def _taskiq(processes: int, concurrency: int) -> list[Command]:
    words = (PYTHON, "-m", "taskiq", "worker", f"{_module('taskiq_aiohttp')}:broker", "--log-level", "WARNING")
    words += ("--ack-type", "when_executed")
    return [(*words, "--workers", str(processes), "--max-async-tasks", str(concurrency))]


def _bullmq(processes: int, _concurrency: int) -> list[Command]:
    return [("node", str(HERE / "bullmq/worker.mjs"))] * processes


KINDS = {
    "celery_limits": Kind(_celery, _python("celery_limits"), concurrency=64),
    "dramatiq_limiter": Kind(_dramatiq, _python("dramatiq_limiter"), concurrency=64),
    "taskiq_aiohttp": Kind(_taskiq, _python("taskiq_aiohttp"), concurrency=100),
    "bullmq": Kind(_bullmq, ("node", str(HERE / "bullmq/enqueue.mjs")), concurrency=100),
}
"""The peers by name."""
