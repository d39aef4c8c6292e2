"""The commands on the pages exist and accept their words."""

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


@pytest.mark.usefixtures("django_project")
@pytest.mark.parametrize("words", [words for words in ALL if check_of(words)], ids=" ".join)
def test_each_command_accepts_its_words(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own parser reads them, and the named files, services and units exist."""
    monkeypatch.chdir(tmp_path)
    for word in words:
        if word.endswith(".csv"):
            Path(word).touch()  # a reader's own

    check = check_of(words)
    assert check is not None
    check(words)


def test_every_checked_kind_of_command_is_on_a_page() -> None:
    for known in CHECKS:
        assert any(words[: len(known)] == [*known] for words in ALL), known


def test_the_readme_begins_with_make_demo_and_make_test() -> None:
    commands = [line for block in blocks(read("README.md"), "console") for line in block.splitlines()]

    assert commands[:2] == ["$ make demo", "$ make test"]


def test_the_celery_queues_are_the_lanes() -> None:
    assert celery()["queues"] == list(Lane)


@pytest.mark.parametrize("words", COMMANDS_IN_TEXT)
def test_commands_named_in_a_sentence_exist(words: str) -> None:
    command, rest = find(words.split())

    known = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
    assert options(rest) <= known


def test_the_documented_commands_make_each_secret(tmp_path: Path) -> None:
    script = "\n".join(
        line.removeprefix("$ ") for line in blocks(read("docs/deployment.md"), "console")[0].splitlines()
    )

    subprocess.run(["bash", "-euc", script], cwd=tmp_path, check=True, capture_output=True)

    made = tmp_path / SECRETS
    assert {path.name for path in made.iterdir()} == secrets()
    assert made.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in made.iterdir()} == {0o644}
