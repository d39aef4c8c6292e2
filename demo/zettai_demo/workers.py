"""The workers: `zettai worker` as a process of its own, which keeps worker processes and beat alive."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

COMMAND = (sys.executable, "-c", "from zettai_cli import main; main()", "worker", "--grace", "8")
"""`zettai worker`, by the same interpreter."""

STARTED_WITHIN = 20.0
"""Seconds that the processes have until they take tasks."""

STOPPED_WITHIN = 10.0
"""Seconds in which they finish what they are at."""

HURRY = 1.0
"""The same after a failure or Ctrl-C, when nobody waits for the end of the play."""

LOG_TAIL = 2000
"""Characters of the log that explain a failure."""


class CrewError(RuntimeError):
    """The workers are not at work."""


class Crew:
    """Worker processes under their supervisor, for as long as the `with` block lasts. Their log tells who they are."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._supervisor: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            # In a session of its own: Ctrl-C reaches us alone, and we end everything in order.
            self._supervisor = subprocess.Popen(  # noqa: S603 - our own words
                COMMAND,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is None:
            return
        supervisor.terminate()
        with suppress(subprocess.TimeoutExpired):
            supervisor.wait(STOPPED_WITHIN if kind is None else HURRY)
        if supervisor.poll() is None:
            supervisor.kill()
            supervisor.wait()
            self._kill_all()

    def await_ready(self) -> None:
        """Wait until the processes take tasks.

        Raises:
            CrewError: they do not come up; its text is the end of their log.
        """
        deadline = monotonic() + STARTED_WITHIN
        while not self._is_ready():
            if self._supervisor is None or self._supervisor.poll() is not None or monotonic() > deadline:
                raise CrewError(f"the workers did not start:\n{self.last_words()}")
            sleep(0.2)

    def kill_one(self) -> str:
        """Kill one worker process without warning; answers its name."""
        name, pid = next((name, pid) for name, pid in self._members().items() if name.startswith("general"))
        os.kill(pid, signal.SIGKILL)
        return name

    def last_words(self) -> str:
        """The end of the workers' log."""
        return self._log.read_text(errors="replace")[-LOG_TAIL:]

    def _is_ready(self) -> bool:
        ready = {str(line["event"]).split("@")[0] for line in self._lines() if str(line["event"]).endswith(" ready.")}
        members = set(self._members()) - {"beat"}
        return bool(members) and members <= ready

    def _members(self) -> dict[str, int]:
        """The process ids by name, as the supervisor has logged them last."""
        return {line["process"]: line["child"] for line in self._lines() if line["event"] == "process_started"}

    def _lines(self) -> Iterator[dict[str, Any]]:
        for text in self._log.read_text(errors="replace").splitlines():
            with suppress(ValueError):
                line = json.loads(text)
                if isinstance(line, dict) and "event" in line:
                    yield line

    def _kill_all(self) -> None:
        """Their supervisor is dead and looks after nobody any more; on Linux they have ended with it."""
        for pid in self._members().values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
