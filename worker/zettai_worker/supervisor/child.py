"""One process of the supervisor's. When it is started, and what its end means, is decided elsewhere."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from signal import SIGTERM
from subprocess import DEVNULL, Popen
from time import monotonic

from zettai_worker.supervisor.restarts import Deaths

LAUNCH = Path(__file__).with_name("launch.py")


class Child:
    """A process that is started again when it ends.

    Attributes:
        name: for the log.
        environment: what it has beside the environment of this process.
        due_at: when it shall be started (again), on the monotonic clock.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Describe it; nothing is started yet.

        Args:
            name: for the log.
            command: the program's full path and its arguments.
            environment: what it has beside the environment of this process.
        """
        self.name = name
        self.due_at = 0.0
        self._command = command
        self.environment = dict(environment or {})
        self._deaths = Deaths()
        self._started_at = 0.0
        self._process: Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process's id, while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it in a process group of its own: Ctrl-C at the terminal reaches the supervisor alone."""
        self._started_at = monotonic()
        self._process = Popen(  # noqa: S603 - our own words
            [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), *self._command],
            env={**os.environ, **self.environment},
            stdin=DEVNULL,
            process_group=0,
        )

    def bury(self) -> int | None:
        """See whether it has ended; answers its exit code once, and sets the time to start it again."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        now = monotonic()
        self._process = None
        self._deaths = self._deaths.another(timedelta(seconds=now - self._started_at))
        self.due_at = now + self._deaths.wait.total_seconds()
        return code

    def ask_to_end(self) -> None:
        """Send SIGTERM: Celery finishes what it is doing, and takes nothing more."""
        if self._process is not None:
            self._process.send_signal(SIGTERM)

    def kill(self) -> None:
        """End it by force."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
