"""Helpers for tests of the `zettai` command."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from typer.testing import CliRunner, Result

from zettai_cli.app import app

TOKEN = "0123456789abcdef0123456789abcdef"
PHONE = "09012345678"
TIME_LIMIT = 90.0
COMMAND = str(Path(sys.executable).with_name("zettai"))

Write = Callable[..., Path]
"""Writes a CSV file. It takes rows, a header, an encoding and a line end."""


def settings(redis_url: str, api_url: str = "http://127.0.0.1:9") -> dict[str, str]:
    """Return the environment variables of a worker."""
    return {
        "ZETTAI_REDIS_URL": redis_url,
        "ZETTAI_API_URL": api_url,
        "ZETTAI_TOKEN": TOKEN,
        "ZETTAI_CLIENT_ID": "1234",
        "ZETTAI_SMS_CODE": "12345",
        "ZETTAI_SAME_TEXT_PER_MINUTE": "0",  # the tests send one text again and again
        "ZETTAI_CLIENT_TIMEOUT": "60",  # on a busy machine Redis answers late; a test that wants no answer sets less
    }


def zettai(*words: str | Path, **options: Any) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False, **options)


def document(result: Result) -> Any:
    """Return the one JSON document that a command printed."""
    [line] = result.stdout.splitlines()
    return json.loads(line)


def row_lines(stdout: str) -> list[dict[str, object]]:
    """Return the JSON lines of rows that `send-csv` printed."""
    return [line for line in map(json.loads, stdout.splitlines()) if "row" in line]


def row_errors(stdout: str) -> dict[object, object]:
    """Return the errors of bad rows, by row."""
    return {line["row"]: line["error"] for line in row_lines(stdout) if not line["ok"]}


def run(*words: str, given: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a new process, with a text on its stdin."""
    return subprocess.run(
        [COMMAND, *words],
        env=os.environ | environment,
        input=given,
        text=True,
        encoding="utf-8",
        capture_output=True,
        check=False,
        timeout=TIME_LIMIT,
    )


@contextmanager
def running(log: Path, environment: Mapping[str, str], *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run `zettai worker` with a log in JSON, and stop it at the end."""
    with log.open("w") as file:
        worker = subprocess.Popen(
            [COMMAND, "worker", "--json", *words],
            env=os.environ | environment,
            stdout=file,
            stderr=file,
            text=True,
        )
    try:
        yield worker
        worker.terminate()
        worker.wait(TIME_LIMIT)
    finally:
        worker.kill()
        worker.wait()


def events(log: Path, event: str) -> list[dict[str, Any]]:
    """Return the log lines of an event."""
    lines = (line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{"))
    return [line for line in map(json.loads, lines) if line["event"] == event]


def eventually(fact: Callable[[], object], what: str) -> Any:
    """Wait until `fact` returns a true value, and return that value."""
    deadline = monotonic() + TIME_LIMIT
    while not (found := fact()):
        assert monotonic() < deadline, f"never came: {what}"
        sleep(0.02)
    return found


def is_alive(pid: int) -> bool:
    """Return whether a process runs. A zombie does not run."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
