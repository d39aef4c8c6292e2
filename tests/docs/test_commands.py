"""The commands that the pages name exist, and are given words that they know."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence

import pytest
from typer.main import get_command

from producers.lanes import Lane
from tests.docs.pages import ROOT, commands, read
from worker.cli.app import app

PROBE = """
import json
from celery.bin.celery import celery
from worker.celery import app
print(json.dumps({"commands": list(celery.commands), "queues": list(app.amqp.queues)}))
"""

COMMANDS_IN_TEXT = sorted(
    {words for page in ("operations", "runbook") for words in re.findall(r"`(zettai [^`…]+)`", read(f"docs/{page}.md"))}
)

SETTINGS = {"ZETTAI_TOKEN": "0" * 32, "ZETTAI_CLIENT_ID": "1", "ZETTAI_SMS_CODE": "12345"}


@pytest.fixture(scope="module")
def celery() -> dict[str, list[str]]:
    """What `celery -A worker` knows. In a process of its own: the app reads its settings when it is imported."""
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], check=True, capture_output=True, env={**os.environ, **SETTINGS}, cwd=ROOT
    )
    found: dict[str, list[str]] = json.loads(ran.stdout)
    return found


def _in_pages(program: str) -> list[list[str]]:
    return [words for words in commands() if words[0] == program]


def _check_celery(words: Sequence[str], celery: dict[str, list[str]]) -> None:
    assert words[:3] == ["celery", "-A", "worker"]
    assert words[3] in celery["commands"]
    if "-Q" in words:
        assert words[words.index("-Q") + 1] == ",".join(celery["queues"])


def _check_zettai(words: Sequence[str]) -> None:
    """Walk down to the command, then see that it has the options."""
    command, rest = get_command(app), list(words[1:])
    while rest and rest[0] in (known := getattr(command, "commands", {})):
        command = known[rest.pop(0)]
    assert not hasattr(command, "commands"), f"{words} names no command"
    if "simulate" not in words:
        options = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
        assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= options


def test_celerys_commands_exist(celery: dict[str, list[str]]) -> None:
    """With the lanes as queues, most urgent first."""
    assert celery["queues"] == list(Lane)
    assert len(_in_pages("celery")) >= 3
    for words in _in_pages("celery"):
        _check_celery(words, celery)


@pytest.mark.parametrize("words", _in_pages("zettai"), ids=" ".join)
def test_our_commands_exist(words: list[str]) -> None:
    """With their options."""
    _check_zettai(words)


@pytest.mark.parametrize("words", COMMANDS_IN_TEXT)
def test_our_commands_in_the_text_exist(words: str) -> None:
    """Those that an operator may copy out of a sentence."""
    _check_zettai(words.split())


def test_the_targets_of_make_exist() -> None:
    """In the Makefile, with a line of help."""
    targets = re.findall(r"^([a-z]+):.*## ", read("Makefile"), flags=re.MULTILINE)

    assert {words[1] for words in _in_pages("make")} <= set(targets)
    assert [words[1] for words in commands()][:2] == ["demo", "test"]
