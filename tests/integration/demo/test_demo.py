"""The real command, from the first process to the last: it proves what it says, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from zettai_cli import main; main()", "demo"]
STARTED_WITHIN = 30.0
ENDED_WITHIN = 20.0


def environment(folder: Path) -> dict[str, str]:
    """Everything that the demo starts inherits this folder's name, by which it is found again."""
    return {**os.environ, "TMPDIR": str(folder)}


def left_running(folder: Path) -> list[str]:
    """The command lines of processes that know the folder (on Linux; elsewhere nobody can tell)."""
    mark, found = f"TMPDIR={folder}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has just ended
    return found


@pytest.mark.alone
@pytest.mark.timeout(90)
def test_demo(tmp_path: Path) -> None:
    """A small campaign keeps every promise, through faults and a killed worker."""
    ended = subprocess.run(
        [*COMMAND, "--messages", "300", "--json"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    summary = json.loads(ended.stdout)
    assert summary["ok"] is True
    assert all(check["examined"] for check in summary["checks"])
    assert summary["figures"]["messages"] > 300
    assert summary["figures"]["repeats"]["sent_twice"] == 0
    assert any(label in summary["figures"]["answers"] for label in ("cut", "http_500", "http_503"))
    assert "SIGKILL" in ended.stderr
    assert left_running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Ctrl-C and SIGTERM in the middle, to the whole process group, end everything that was started."""
    process = subprocess.Popen(
        COMMAND, env=environment(tmp_path), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    with process:
        began = time.monotonic()
        for line in process.stdout:
            if "campaign of" in line or time.monotonic() - began > STARTED_WITHIN:
                break
        assert len(left_running(tmp_path)) > 5
        os.killpg(process.pid, number)  # as a terminal does
        process.stdout.read()
        assert process.wait(ENDED_WITHIN) == code
    assert left_running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
