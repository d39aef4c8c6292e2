"""`zettai demo` as a process."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.integration.cli.test_language import JAPANESE
from tests.integration.demo.test_demo_words import ENGLISH

pytestmark = pytest.mark.long

COMMAND = [sys.executable, "-c", "from zettai_cli import main; main()", "demo"]
START_TIMEOUT = 60.0
STOP_TIMEOUT = 20.0


def environment(folder: Path) -> dict[str, str]:
    """Return an environment with a folder by which the processes of the demo are found."""
    return {**os.environ, "TMPDIR": str(folder)}


def running(folder: Path) -> list[str]:
    """Return the command lines of processes with this folder in their environment (only on Linux)."""
    mark, found = f"TMPDIR={folder}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # the process has just ended
    return found


ONLY_IN_THE_STORM = {
    "nothing is submitted to a number after its suppression",
    "of each replaced message and its successor, one was sent",
}
"""The promises of which the demo has no case."""


@pytest.mark.alone
@pytest.mark.timeout(180)
def test_all_checks_pass_and_no_process_is_left(tmp_path: Path) -> None:
    ended = subprocess.run(
        [*COMMAND, "--messages", "300", "--json"],
        env=environment(tmp_path) | JAPANESE | {"PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    summary = json.loads(ended.stdout)
    assert summary["ok"] is True
    not_examined = {check["promise"] for check in summary["checks"] if not check["examined"]}
    assert not_examined <= ONLY_IN_THE_STORM
    assert summary["measurements"]["messages"] > 300
    assert summary["measurements"]["repeats"]["sent_twice"] == 0
    assert any(label in summary["measurements"]["answers"] for label in ("cut", "http_500", "http_503"))
    assert "http_403" in summary["measurements"]["answers"]
    assert "SIGKILL" in ended.stderr
    assert [line for line in ended.stderr.splitlines() if ENGLISH.search(line)] == []
    assert running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_stops_all_processes(tmp_path: Path, number: signal.Signals, code: int) -> None:
    process = subprocess.Popen(
        COMMAND, env=environment(tmp_path), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    with process:
        began = time.monotonic()
        for line in process.stdout:
            if "campaign of" in line or time.monotonic() - began > START_TIMEOUT:
                break
        assert len(running(tmp_path)) > 5
        os.killpg(process.pid, number)  # as a terminal does
        process.stdout.read()
        assert process.wait(STOP_TIMEOUT) == code
    assert running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
