"""Workers and beat by their ordinary commands, under a tiny supervisor that starts again what died.

It hurries more than `zettai worker` does, whose waits double with each death: here somebody dies every few seconds.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Self

ROOT = Path(__file__).parents[2]
LAUNCH = Path(__file__).with_name("launch.py")

PAUSE = 0.3
"""Seconds from a death to the next start."""

GRACE = 15.0
"""Seconds that all have to end after SIGTERM."""


@dataclass(slots=True)
class Member:
    """One process that is kept alive, and the seconds by which its wall clock is ahead."""

    name: str
    words: tuple[str, ...]
    skew: int = 0
    process: subprocess.Popen[bytes] | None = None
    due_at: float = 0.0


class Crew:
    """Keeps its members alive for as long as the `with` block lasts.

    Attributes:
        ended: exit codes of those that ended, whoever ended them.
    """

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        self.ended: list[int] = []
        self._environment = {**environment, "PYTHONPATH": str(ROOT)}
        self._logs = logs
        self._members: dict[str, Member] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        # All are started by this thread, and die with it: the kernel's wish is tied to the thread that starts.
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._keeper.join()

    def hire(self, name: str, *words: str, skew: int = 0) -> None:
        """Have a process of `celery -A zettai_worker WORDS…` from now on."""
        with self._lock:
            self._members[name] = Member(name, ("-q", "-A", "zettai_worker", *words), skew)

    def hire_worker(self, name: str, threads: int, *, queues: str = "urgent,normal,bulk,status", skew: int = 0) -> None:
        """Have a worker."""
        own = ("-Q", queues, "-c", str(threads), "-n", f"{name}@chaos", "--without-gossip", "--without-mingle")
        self.hire(name, "worker", *own, skew=skew)

    def dismiss(self, name: str) -> None:
        """Kill a member, for good."""
        with self._lock:
            member = self._members.pop(name)
        if member.process is not None:
            member.process.kill()
            member.process.wait()

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal; tells whether there was anybody to get it."""
        with self._lock:
            process = self._members[name].process
            if process is None or process.poll() is not None:
                return False
            process.send_signal(number)
            return True

    def lines(self) -> Iterator[dict[str, Any]]:
        """What all have logged so far."""
        for path in sorted(self._logs.glob("*.log")):
            for text in path.read_text(errors="replace").splitlines():
                with suppress(ValueError):
                    line = json.loads(text)
                    if isinstance(line, dict):
                        yield line

    def _keep(self) -> None:
        try:
            while not self._over.wait(0.05):
                with self._lock:
                    for member in self._members.values():
                        self._see_to(member)
        finally:
            self._end()

    def _see_to(self, member: Member) -> None:
        if member.process is None:
            if member.due_at <= monotonic():
                member.process = self._start(member)
        elif (code := member.process.poll()) is not None:
            self.ended.append(code)
            member.process, member.due_at = None, monotonic() + PAUSE

    def _start(self, member: Member) -> subprocess.Popen[bytes]:
        with (self._logs / f"{member.name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", str(LAUNCH), str(os.getpid()), str(member.skew), *member.words],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _end(self) -> None:
        running = [member.process for member in self._members.values() if member.process is not None]
        for process in running:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        deadline = monotonic() + GRACE
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - monotonic()))
            process.kill()
            process.wait()
