"""The pages of docs/reference that `make docs` writes. `make check` compares them with the code."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docs.generate import __main__ as generator
from tests.docs.pages import names
from tests.integration.metrics.exported import Family, exporter_metrics, process_metrics
from typer.main import get_command

from zettai_cli.app import app


def test_a_page_that_differs_from_the_code_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(generator.FOLDER, tmp_path / "reference"))
    monkeypatch.setattr(generator, "FOLDER", folder)
    page = folder / "states.md"
    page.write_text(page.read_text(encoding="utf-8").replace("`submitting`", "`sent`"), encoding="utf-8")

    assert generator.main("--check") == 1
    shown = capsys.readouterr().out.splitlines()
    assert [line for line in shown if line.startswith("--- ")] == [f"--- {page}"]
    assert any(line.startswith("-| `sent`") for line in shown)


@pytest.mark.parametrize("families", [process_metrics, exporter_metrics])
def test_every_metric_is_on_the_page(families: Callable[[str], Iterable[Family]], redis_url: str) -> None:
    """The page is made from the source; what a process really serves is the proof."""
    text = (generator.FOLDER / "metrics.md").read_text(encoding="utf-8")
    found = list(families(redis_url))

    assert found
    for family in found:
        labels = set(names(_row(text, family.name)[2]))
        assert (labels, _row(text, family.name)[1]) == (set(family.labels), family.kind), family.name


def _row(text: str, name: str) -> list[str]:
    [line] = [line for line in text.splitlines() if line.startswith(f"| `{name}` |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def _parameters(command: Any) -> Iterator[Any]:
    for inner in getattr(command, "commands", {}).values():
        yield from _parameters(inner)
    if not hasattr(command, "commands"):
        yield from command.params


def test_every_option_of_the_command_line_has_a_help_text() -> None:
    missing = [one.name for one in _parameters(get_command(app)) if not (getattr(one, "help", None) or one.metavar)]

    assert missing == []
