"""The reference of the command is what the command says of itself."""

from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

import pytest
from tests.docs.pages import ROOT, read, table
from typer.main import get_command

from zettai_cli.app import app

PAGE = "docs/reference/cli.md"


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    """The program that writes the page."""
    spec = spec_from_file_location("cli_page", ROOT / ".ci/cli_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(writer: ModuleType) -> None:
    """Else run `.venv/bin/python .ci/cli_page.py > docs/reference/cli.md`."""
    assert read(PAGE) == writer.page()


def _leaves(command: Any, name: str) -> dict[str, Any]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return {name: command}
    return {path: leaf for word, one in inner.items() for path, leaf in _leaves(one, f"{name} {word}").items()}


COMMANDS = _leaves(get_command(app), "zettai")


def test_every_command_has_a_section() -> None:
    """In the order of `--help`, and a line in the table at the top."""
    headings = [line.removeprefix("## ") for line in read(PAGE).splitlines() if line.startswith("## ")]

    assert headings == list(COMMANDS)
    listed = [row["command"].split("`")[1] for row in table(PAGE, "command", "what it does")]
    assert listed == headings


@pytest.mark.parametrize("name", [name for name in COMMANDS if "simulate" not in name])
def test_every_option_is_told(name: str) -> None:
    """With what it is for; nobody must read the code to use it."""
    _, _, section = read(PAGE).partition(f"\n## {name}\n")
    section = section.partition("\n## ")[0]

    for parameter in COMMANDS[name].params:
        for option in [*parameter.opts, *parameter.secondary_opts]:
            assert option.startswith("-") is (f"| `{option}" in section or f"` `{option}" in section), option
        assert parameter.help or parameter.metavar, f"{name} {parameter.name} has no help"
