"""What `import zettai` and `zettai --help` import: everything else costs time at each start of an application."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import zettai
from zettai_cli.app import app

COMMAND = """
import sys
from zettai_cli import main
sys.argv = ["zettai", "{}"]
try:
    main()
except SystemExit:
    pass
"""

HEAVY = {
    "celery.app",
    "kombu.connection",
    "limits",
    "opentelemetry.exporter",
    "pydantic_settings",
    "redis",
    "requests",
    "structlog",
    "zettai_worker",
}


@pytest.mark.parametrize(
    ("program", "may_import"),
    [
        ("import zettai", set()),
        ("from zettai import SmsClient", {"pydantic_settings", "redis"}),
        (COMMAND.format("--help"), set()),
        (COMMAND.format("--version"), set()),
    ],
)
def test_start_imports_no_heavy_library(program: str, may_import: set[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print('imported', *sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(ended.stdout.splitlines()[-1].split())
    assert imported & HEAVY == may_import


def test_names_that_type_checkers_see_are_the_exported_ones() -> None:
    tree = ast.parse(Path(str(zettai.__file__)).read_text(encoding="utf-8"))
    [checked] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        name.name: f"{node.module}" for node in checked.body if isinstance(node, ast.ImportFrom) for name in node.names
    }
    assert seen == zettai._MODULES
    assert sorted(seen) == sorted(zettai.__all__)
    assert all(getattr(zettai, name) is not None for name in zettai.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'zettai' has no attribute 'SmsClent'"):
        _ = zettai.SmsClent


def test_help_of_each_command_begins_with_its_summary() -> None:
    group: Any = get_command(app)
    for name, command in group.commands.items():
        assert " ".join(command.help.split()).startswith(group.lazy[name].summary), name


def test_completion_imports_no_command() -> None:
    assert list(_completed("s")) == ["send", "status", "send-csv", "suppressions", "simulate"]


def _completed(word: str) -> Iterator[str]:
    group: Any = get_command(app)
    with group.make_context("zettai", [], resilient_parsing=True) as context:
        yield from (item.value for item in group.shell_complete(context, word))
