"""tutorial.md and tutorial.ja.md, run from top to bottom: each command and each block of Python, in order."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, fences, read
from tests.support.servers import free_port
from tests.support.stack import eventually

PAGES = ("docs/tutorial.md", "docs/tutorial.ja.md")

DEV = "zettai dev"
"""What runs in the first terminal."""

PORTS = ("redis", "inbox", "gateway")
"""The test takes others than the page."""

LAST_LINE = "export KEY="
"""When `zettai dev` has printed it, everything runs."""

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

    def run_dev(self) -> None:
        """Start `zettai dev`, and copy the `export` lines that it prints, as the page says."""
        log = self._folder / f"{len(self._processes)}.log"
        words = " ".join([DEV, *(f"--{name}-port={free_port()}" for name in PORTS)])
        with log.open("wb") as output:
            script = f". {self._variables}\nexec {words}"
            self._processes.append(
                subprocess.Popen(["bash", "-c", script], cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
            )
        eventually(lambda: re.search(f"^{LAST_LINE}.+\n", log.read_text(), re.MULTILINE), "everything runs", 90)
        with self._variables.open("a") as variables:
            variables.writelines(
                line for line in log.read_text().splitlines(keepends=True) if line.startswith("export ")
            )

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


@pytest.fixture
def terminals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminals]:
    """Open terminals with the programs of this Python."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    opened = Terminals(tmp_path)
    yield opened
    opened.close()


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PAGES)
def test_the_tutorial_runs_from_top_to_bottom(terminals: Terminals, page: str) -> None:
    """Each output is as shown, except times and durations."""
    for fence in fences(read(page)):
        if fence.language == "python":
            _expect(terminals.run(f"{shlex.quote(sys.executable)} -c {shlex.quote(fence.text)}"), "")
        else:
            for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", fence.text, flags=re.MULTILINE):
                if command == DEV:
                    terminals.run_dev()
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
