"""`zettai worker` as a process: it starts worker processes and beat, and starts them again when they end."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from zettai_demo.stack.waiting import wait_until

ZETTAI = (sys.executable, "-P", "-c", "from zettai_cli import main; main()")
"""`zettai`, run by this interpreter."""

COMMAND = (*ZETTAI, "worker")

READY_TIMEOUT = 60.0
"""Seconds until all worker processes must accept tasks."""

LOG_END = 2000
"""Characters of the log that an error message shows."""


class StackError(RuntimeError):
    """A process of the stack failed. The message is the end of its log."""


class Supervisor:
    """A running `zettai worker`. The process ids of its children are read from its log.

    Args:
        process: the command.
        log: where it and its children log, as JSON lines of level INFO.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    def wait_until_ready(self, timeout: float = READY_TIMEOUT) -> None:
        """Wait until all worker processes accept tasks.

        Raises:
            StackError: they do not start.
        """
        if not wait_until(lambda: self._is_ready() or self.process.poll() is not None, timeout) or self.has_ended:
            raise StackError(f"the workers did not start:\n{self.log_end()}")

    @property
    def has_ended(self) -> bool:
        """Whether the command has ended."""
        return self.process.poll() is not None

    def kill_worker(self) -> str:
        """Send SIGKILL to one worker process, and return its name."""
        name, pid = next((name, pid) for name, pid in self._children().items() if name.startswith("worker"))
        os.kill(pid, signal.SIGKILL)
        return name

    def kill_children(self) -> None:
        """Send SIGKILL to all processes that the command has started."""
        for pid in self._children().values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def log_end(self) -> str:
        """Return the end of the log."""
        return self._log.read_text(errors="replace")[-LOG_END:]

    def _is_ready(self) -> bool:
        ready = {str(line["event"]).split("@")[0] for line in self._lines() if str(line["event"]).endswith(" ready.")}
        workers = set(self._children()) - {"beat"}
        return bool(workers) and workers <= ready

    def _children(self) -> dict[str, int]:
        """Return the process ids by name, as the supervisor logged them last."""
        return {line["process"]: line["child"] for line in self._lines() if line["event"] == "process_started"}

    def _lines(self) -> Iterator[dict[str, Any]]:
        return (line for line in json_lines(self._log) if "event" in line)


def json_lines(log: Path) -> Iterator[dict[str, Any]]:
    """Return the lines of a log that are JSON objects."""
    for text in log.read_text(errors="replace").splitlines():
        with suppress(ValueError):
            line = json.loads(text)
            if isinstance(line, dict):
                yield line
