"""The commands that the pages name exist, and take the words that they are given there."""

import re
import subprocess
from pathlib import Path

import pytest
from tests.docs.pages import blocks, commands, read
from tests.docs.words import CHECKS, SECRETS, celery, check_of, find, options, secrets

from zettai.core.lanes import Lane

COMMANDS_IN_TEXT = sorted(
    {words for page in ("operations", "runbook") for words in re.findall(r"`(zettai [^`…]+)`", read(f"docs/{page}.md"))}
)

ALL = list(commands())


@pytest.mark.parametrize("words", [words for words in ALL if check_of(words)], ids=" ".join)
def test_each_command_takes_its_words(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the parser that would read them; and files, services and units are there."""
    monkeypatch.chdir(tmp_path)
    for word in words:
        if word.endswith(".csv"):
            Path(word).touch()  # a reader's own

    check = check_of(words)
    assert check is not None
    check(words)


def test_every_kind_of_command_is_shown() -> None:
    """Else nobody needs its check any more."""
    for known in CHECKS:
        assert any(words[: len(known)] == [*known] for words in ALL), known


def test_the_first_commands_are_the_two_that_matter() -> None:
    """On the first page."""
    assert ALL[:2] == [["make", "demo"], ["make", "test"]]


def test_celerys_queues_are_the_lanes() -> None:
    """Most urgent first, as its commands name them."""
    assert celery()["queues"] == list(Lane)


@pytest.mark.parametrize("words", COMMANDS_IN_TEXT)
def test_our_commands_in_the_text_exist(words: str) -> None:
    """Those that an operator may copy out of a sentence; what stands there may lack an argument."""
    command, rest = find(words.split())

    known = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
    assert options(rest) <= known


def test_the_secrets_are_made(tmp_path: Path) -> None:
    """The lines that make them, run as they stand: each of the compose file is there, closed in by its folder."""
    script = "\n".join(
        line.removeprefix("$ ") for line in blocks(read("docs/deployment.md"), "console")[0].splitlines()
    )

    subprocess.run(["bash", "-euc", script], cwd=tmp_path, check=True, capture_output=True)

    made = tmp_path / SECRETS
    assert {path.name for path in made.iterdir()} == secrets()
    assert made.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in made.iterdir()} == {0o644}
