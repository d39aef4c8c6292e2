"""The supervisor with small real processes and real signals."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.integration.cli.helpers import eventually, is_alive

SUPERVISOR = """
import json, sys
from datetime import timedelta
import structlog
from zettai_worker.supervisor import Child, Supervisor, supervisor
supervisor.SECOND_INTERRUPT_GRACE = 0.2
structlog.configure(processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.WriteLoggerFactory())
children = [Child(name, [sys.executable, "-uc", code]) for name, code in json.loads(sys.argv[1]).items()]
ended = Supervisor(children, grace=timedelta(seconds=float(sys.argv[2]))).run()
sys.exit(0 if ended else 1)
"""

PRINT_FUNCTION = """
import json, signal, sys
def print_event(**fields):
    sys.stdout.write(json.dumps(fields) + chr(10))  # one write, so that lines of several processes stay whole
"""

GRACEFUL = f"""{PRINT_FUNCTION}
def on_sigterm(number, frame):
    print_event(event="sigterm", signal=number)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
signal.signal(signal.SIGTERM, on_sigterm)
signal.signal(signal.SIGALRM, lambda *_: sys.exit(0))
print_event(event="ready")
while True:
    signal.pause()
"""

STUBBORN = f"""{PRINT_FUNCTION}
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print_event(event="ready")
while True:
    signal.pause()
"""


class Supervised:
    """A supervisor as a process, and what it and its children print."""

    def __init__(self, children: dict[str, str], grace: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-uc", SUPERVISOR, json.dumps(children), str(grace)],
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
        )
        self.seen: list[dict[str, Any]] = []

    def until(self, event: str) -> dict[str, Any]:
        """Read lines until this event, and return it."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.seen.append(json.loads(line))
            if self.seen[-1]["event"] == event:
                return self.seen[-1]
        raise AssertionError(f"{event} was not printed, only {self.seen}")

    def wait(self) -> int:
        """Read the remaining output, and return the exit code."""
        assert self.process.stdout
        self.seen += [json.loads(line) for line in self.process.stdout]
        return self.process.wait()

    def count(self, event: str) -> int:
        """Return how often an event was printed so far."""
        return sum(line["event"] == event for line in self.seen)


Supervise = Callable[..., Supervised]


@pytest.fixture
def supervise() -> Iterator[Supervise]:
    """Start supervisors, and kill them after the test."""
    with ExitStack() as stack:

        def start(grace: float = 20, **children: str) -> Supervised:
            supervised = Supervised(children, grace)
            stack.enter_context(supervised.process)
            stack.callback(supervised.process.kill)
            return supervised

        yield start


def test_process_that_exits_is_restarted(supervise: Supervise) -> None:
    """The wait before each restart grows."""
    supervised = supervise(short="raise SystemExit(7)")
    supervised.until("process_started")
    first, second = supervised.until("process_died"), supervised.until("process_died")
    assert first["exit_code"] == 7
    assert (first["restart_in"], second["restart_in"]) == (0.5, 1.0)


def test_sigterm_stops_each_process_once(supervise: Supervise) -> None:
    """Exit code 0 says that no process was killed."""
    supervised = supervise(one=GRACEFUL, two=GRACEFUL)
    supervised.until("ready")
    supervised.until("ready")
    supervised.process.terminate()
    assert supervised.wait() == 0
    assert supervised.count("sigterm") == 2


def test_second_sigterm_changes_nothing(supervise: Supervise) -> None:
    supervised = supervise(one=GRACEFUL)
    supervised.until("ready")
    supervised.process.terminate()
    supervised.until("sigterm")
    supervised.process.terminate()
    assert supervised.wait() == 0
    assert supervised.count("sigterm") == 1


def test_process_that_ignores_sigterm_is_killed(supervise: Supervise) -> None:
    supervised = supervise(grace=0.3, one=STUBBORN)
    child = supervised.until("process_started")["child"]
    supervised.until("ready")
    supervised.process.terminate()
    assert supervised.wait() == 1
    assert not is_alive(child)


def test_ctrl_c_reaches_only_the_supervisor(supervise: Supervise) -> None:
    """Each child has its own process group, so the terminal does not send it SIGINT."""
    supervised = supervise(one=GRACEFUL)
    child = supervised.until("process_started")["child"]
    supervised.until("ready")
    assert os.getpgid(child) == child
    supervised.process.send_signal(signal.SIGINT)
    assert supervised.wait() == 0
    assert supervised.count("sigterm") == 1


def test_second_ctrl_c_shortens_the_wait(supervise: Supervise) -> None:
    supervised = supervise(grace=60, one=STUBBORN)
    supervised.until("ready")
    supervised.process.send_signal(signal.SIGINT)
    supervised.until("stopping")
    supervised.process.send_signal(signal.SIGINT)
    supervised.until("process_killed")
    assert supervised.wait() == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals a process when its parent dies")
def test_children_do_not_outlive_a_killed_supervisor(supervise: Supervise) -> None:
    """The kernel sends them SIGTERM."""
    supervised = supervise(one=GRACEFUL)
    child = supervised.until("process_started")["child"]
    supervised.until("ready")
    supervised.process.kill()
    assert supervised.until("sigterm")["signal"] == signal.SIGTERM
    eventually(lambda: not is_alive(child), "the child exits")
