"""Restarts the processes that are killed.

It does not wait between restarts as `zettai worker` does: here a process is killed every few seconds.
"""

import signal
import subprocess
import threading
from dataclasses import dataclass, field
from time import monotonic
from typing import Self

from zettai_demo.stack import MovableClock, Stack

PAUSE = 0.3
"""Seconds from the end of a process to its restart."""


@dataclass(slots=True)
class Entry:
    """A process that is kept running, and the clock of its host."""

    kind: str
    clock: MovableClock
    command: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    due_at: float = 0.0
    stopped_at: float | None = None


class Restarter:
    """Keeps worker processes and beat running for as long as the `with` block lasts; then they are killed.

    Attributes:
        restarts: number of processes that ended.
    """

    def __init__(self, stack: Stack) -> None:
        self.restarts = 0
        self._stack = stack
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        # One thread starts all processes, because each is killed when the thread ends that started it.
        self._thread = threading.Thread(target=self._run, name="restarter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def add_worker(self, name: str, *, clock_offset: int = 0) -> None:
        """Keep a worker running, whose wall clock is some seconds ahead."""
        with self._lock:
            self._entries[name] = Entry("worker", self._clock(name, clock_offset))

    def add_beat(self) -> None:
        """Keep beat running, under the name `beat`."""
        with self._lock:
            self._entries["beat"] = Entry("beat", self._clock("beat"))

    def add_command(self, name: str, command: list[str]) -> None:
        """Keep a process running that is started by any command."""
        with self._lock:
            self._entries[name] = Entry(name, self._clock(name), command)

    def remove(self, name: str) -> None:
        """Kill a process, and do not restart it."""
        with self._lock:
            entry = self._entries.pop(name)
        if entry.process is not None:
            entry.process.kill()
            entry.process.wait()

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal; return whether the process was running."""
        with self._lock:
            process = self._entries[name].process
            if process is None or process.poll() is not None:
                return False
            process.send_signal(number)
            return True

    def suspend(self, name: str) -> bool:
        """Stop a process as if its whole machine was suspended; return whether it was running."""
        self._entries[name].stopped_at = monotonic()
        return self.signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> bool:
        """Continue a suspended process, whose monotonic clock stood still; return whether it is still there."""
        entry = self._entries[name]
        if entry.stopped_at is not None:
            entry.clock.suspend(monotonic() - entry.stopped_at)
        return self.signal(name, signal.SIGCONT)

    def jump(self, name: str, seconds: int) -> bool:
        """Move the wall clock of a host; return whether the process was running."""
        self._entries[name].clock.jump(seconds)
        return self.signal(name, signal.SIGCONT)

    def processes(self) -> dict[str, int]:
        """Return the process ids by name."""
        with self._lock:
            return {name: entry.process.pid for name, entry in self._entries.items() if entry.process is not None}

    def _clock(self, name: str, ahead: int = 0) -> MovableClock:
        return MovableClock(self._stack.folder / f"{name}-clock", ahead)

    def _run(self) -> None:
        while not self._stopping.wait(0.05):
            with self._lock:
                for entry in self._entries.values():
                    self._check(entry)

    def _check(self, entry: Entry) -> None:
        if entry.process is None:
            if entry.due_at <= monotonic():
                entry.process = self._start(entry)
        elif entry.process.poll() is not None:
            self.restarts += 1
            entry.process, entry.due_at = None, monotonic() + PAUSE

    def _start(self, entry: Entry) -> subprocess.Popen[bytes]:
        if entry.command:
            return self._stack.start(entry.kind, entry.command)
        if entry.kind == "beat":
            return self._stack.start_beat(clock=entry.clock)
        return self._stack.start_worker(clock=entry.clock)
