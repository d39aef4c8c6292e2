"""The processes of a peer on this machine, for as long as the `with` block lasts."""

import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from zettai_benchmarks.peers.catalog import KINDS, ROOT, Command
from zettai_benchmarks.peers.job import Setup

GRACE = 5.0
"""Seconds that the processes have to end by themselves."""


class Enqueued(NamedTuple):
    """When the peer began to enqueue (seconds since the epoch), and how many seconds it took."""

    began: float
    seconds: float


class Paced(NamedTuple):
    """The tags of messages that were enqueued one by one, and when each began (microseconds since the epoch)."""

    tags: list[str]
    began: list[int]


class PeerError(RuntimeError):
    """A process of a peer failed. The message is the end of its log."""


class Peer:
    """One peer for one run.

    Args:
        name: One of the catalog.
        setup: The run.
        logs: A folder for what its processes print.

    Raises:
        PeerError: It is not installed.
    """

    def __init__(self, name: str, setup: Setup, logs: Path) -> None:
        self._kind = KINDS[name]
        self._setup = setup
        self._log = logs / f"{name}.log"
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT / "benchmarks"), **setup.to_environment()}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._runs = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def enqueue(self, count: int, lane: str = "bulk") -> Enqueued:
        """Enqueue messages in the way that is fastest for the peer, and wait for the end."""
        began, seconds = self._enqueue(count, lane).split()
        return Enqueued(float(began), float(seconds))

    def enqueue_paced(self, count: int, lane: str, pause: float) -> Paced:
        """Enqueue messages one by one with a pause between them, and wait for the end."""
        began = json.loads(self._enqueue(count, lane, str(pause)))
        return Paced([f"{lane}-{self._runs}-{number}" for number in range(count)], [round(one * 1e6) for one in began])

    def _enqueue(self, count: int, lane: str, *more: str) -> bytes:
        self._runs += 1
        words = [*self._kind.enqueue, str(count), lane, str(self._runs), *more]
        with self._log.open("ab") as log:
            done = subprocess.run(
                words, env=self._environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, check=False
            )
        if done.returncode:
            raise PeerError(self.log_end())
        return done.stdout

    def start(self) -> list[int]:
        """Start the workers, and return their process ids. They have children, and need a second or more to start."""
        for command in self._kind.workers(self._setup.processes, self._setup.concurrency):
            self._processes.append(self._started(command))
        return [process.pid for process in self._processes]

    def check(self) -> None:
        """Check that the workers run.

        Raises:
            PeerError: One has ended.
        """
        if any(process.poll() is not None for process in self._processes):
            raise PeerError(self.log_end())

    def stop(self) -> None:
        """Stop the workers and all their children."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes.clear()

    def log_end(self) -> str:
        """Return the end of the output of the processes."""
        return self._log.read_text(errors="replace")[-2000:]

    def _started(self, command: Command) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                command,
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that a group of its own can be ended as a whole
            )
