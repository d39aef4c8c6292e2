"""What the supervisor does with processes, shown with small ones: real processes, real signals."""

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

SAY = """
import json, signal, sys
def say(**what):
    sys.stdout.write(json.dumps(what) + chr(10))  # one write, so that lines of several processes stay whole
"""

STAYS = f"""{SAY}
def end(number, frame):
    say(event="asked", signal=number)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGALRM, lambda *_: sys.exit(0))
say(event="ready")
while True:
    signal.pause()
"""

STUBBORN = f"""{SAY}
signal.signal(signal.SIGTERM, signal.SIG_IGN)
say(event="ready")
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
        """Read on until this event."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.seen.append(json.loads(line))
            if self.seen[-1]["event"] == event:
                return self.seen[-1]
        raise AssertionError(f"{event} never came; there was {self.seen}")

    def end(self) -> int:
        """Read to the end, and answer the exit code."""
        assert self.process.stdout
        self.seen += [json.loads(line) for line in self.process.stdout]
        return self.process.wait()

    def count(self, event: str) -> int:
        """How often something was printed so far."""
        return sum(line["event"] == event for line in self.seen)


Supervise = Callable[..., Supervised]


@pytest.fixture
def supervise() -> Iterator[Supervise]:
    """Start supervisors, and leave none behind."""
    with ExitStack() as stack:

        def start(grace: float = 20, **children: str) -> Supervised:
            supervised = Supervised(children, grace)
            stack.enter_context(supervised.process)
            stack.callback(supervised.process.kill)
            return supervised

        yield start


def test_a_process_that_ends_is_started_again(supervise: Supervise) -> None:
    """Whatever it ended with, a process is there again, after a wait that grows."""
    supervised = supervise(short="raise SystemExit(7)")
    supervised.until("process_started")
    first, second = supervised.until("process_died"), supervised.until("process_died")
    assert first["exit_code"] == 7
    assert (first["restart_in"], second["restart_in"]) == (0.5, 1.0)


def test_sigterm_ends_all_processes_in_order(supervise: Supervise) -> None:
    """Each process is asked once and may finish; the exit code says that none was killed."""
    supervised = supervise(one=STAYS, two=STAYS)
    supervised.until("ready")
    supervised.until("ready")
    supervised.process.terminate()
    assert supervised.end() == 0
    assert supervised.count("asked") == 2


def test_a_second_sigterm_does_no_harm(supervise: Supervise) -> None:
    """Processes that are finishing are not asked again, nor killed."""
    supervised = supervise(one=STAYS)
    supervised.until("ready")
    supervised.process.terminate()
    supervised.until("asked")
    supervised.process.terminate()
    assert supervised.end() == 0
    assert supervised.count("asked") == 1


def test_what_does_not_end_in_time_is_killed(supervise: Supervise) -> None:
    """A process that ignores SIGTERM does not hold up the stop for ever, and the exit code tells of it."""
    supervised = supervise(grace=0.3, one=STUBBORN)
    child = supervised.until("process_started")["child"]
    supervised.until("ready")
    supervised.process.terminate()
    assert supervised.end() == 1
    assert not is_alive(child)


def test_ctrl_c_reaches_the_supervisor_alone(supervise: Supervise) -> None:
    """Each child has a process group of its own, so that the terminal's SIGINT does not cut its work short."""
    supervised = supervise(one=STAYS)
    child = supervised.until("process_started")["child"]
    supervised.until("ready")
    assert os.getpgid(child) == child
    supervised.process.send_signal(signal.SIGINT)
    assert supervised.end() == 0
    assert supervised.count("asked") == 1


def test_a_second_ctrl_c_shortens_the_wait(supervise: Supervise) -> None:
    """Whoever sits in front of it need not wait for a process that does not end."""
    supervised = supervise(grace=60, one=STUBBORN)
    supervised.until("ready")
    supervised.process.send_signal(signal.SIGINT)
    supervised.until("stopping")
    supervised.process.send_signal(signal.SIGINT)
    supervised.until("process_killed")
    assert supervised.end() == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_children_do_not_outlive_a_killed_supervisor(supervise: Supervise) -> None:
    """SIGKILL leaves the supervisor no chance; the kernel asks the children to end."""
    supervised = supervise(one=STAYS)
    child = supervised.until("process_started")["child"]
    supervised.until("ready")
    supervised.process.kill()
    assert supervised.until("asked")["signal"] == signal.SIGTERM
    eventually(lambda: not is_alive(child), "the child's end")
