"""Runs all commands of a language in one process. To start one for each takes much longer than the commands.

The language of a process is fixed, so it cannot be the process of the tests.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = """
import json, os, sys
from typer.testing import CliRunner
from zettai_cli.shared.language import use_language

use_language()

from zettai_cli.app import app

for line in sys.stdin:
    words, given, environment, folder = json.loads(line)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    ran = CliRunner().invoke(app, words, given, catch_exceptions=False)
    print(json.dumps([ran.exit_code, ran.stdout, ran.stderr]), flush=True)
"""

LANGUAGES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")

_running: dict[tuple[str | None, ...], subprocess.Popen[str]] = {}


def run(*words: str, given: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the present folder, with the language of its environment; `given` is its standard input."""
    environment = os.environ | variables
    language = tuple(environment.get(name) for name in LANGUAGES)
    if language not in _running:
        _running[language] = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM],
            env=environment | {"PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
    process = _running[language]
    assert process.stdin is not None
    assert process.stdout is not None
    print(json.dumps([words, given, environment, str(Path.cwd())]), file=process.stdin, flush=True)
    return subprocess.CompletedProcess(words, *json.loads(process.stdout.readline()))


@contextmanager
def ended_at_last() -> Iterator[None]:
    """End the processes that run commands, after the block."""
    yield
    while _running:
        with _running.popitem()[1] as process:
            process.communicate()
