"""One process of the supervisor."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from signal import SIGTERM
from subprocess import DEVNULL, Popen
from time import monotonic

from zettai_worker.supervisor.restarts import FailureStreak

TIED_TO_PARENT = Path(__file__).with_name("tied_to_parent.py")


def tied(command: Sequence[str]) -> list[str]:
    """Return the command line that runs a command and, on Linux, terminates it when the calling thread or process dies.

    Args:
        command: the program's full path and its arguments.
    """
    return [sys.executable, "-I", "-S", str(TIED_TO_PARENT), str(os.getpid()), *command]


class Child:
    """A process that is restarted when it ends.

    Attributes:
        name: for the log.
        environment: variables in addition to those of this process.
        due_at: when to start it, on the monotonic clock.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Describe the process; it is not started yet.

        Args:
            name: for the log.
            command: the program's full path and its arguments.
            environment: variables in addition to those of this process.
        """
        self.name = name
        self.due_at = 0.0
        self._command = command
        self.environment = dict(environment or {})
        self._failures = FailureStreak()
        self._started_at = 0.0
        self._process: Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id; None if the process does not run."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it in its own process group, so that Ctrl-C at the terminal reaches only the supervisor."""
        self._started_at = monotonic()
        self._process = Popen(  # noqa: S603 - our own command
            tied(self._command),
            env={**os.environ, **self.environment},
            stdin=DEVNULL,
            process_group=0,
        )

    def collect_exit_code(self) -> int | None:
        """Return the exit code once after the process has ended, and set the time of its restart."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        now = monotonic()
        self._process = None
        self._failures = self._failures.next(timedelta(seconds=now - self._started_at))
        self.due_at = now + self._failures.wait.total_seconds()
        return code

    def terminate(self) -> None:
        """Send SIGTERM: Celery finishes its tasks and takes no more."""
        if self._process is not None:
            self._process.send_signal(SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL, and wait for the end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
