"""Keeps the banned phrases of CONTRIBUTING.md out of what users see: help, output, errors, problems and log events."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from zettai_cli.app import app

PACKAGES = ("zettai", "zettai_cli", "zettai_console", "zettai_demo", "zettai_simulator", "zettai_worker")

BANNED = re.compile(
    r"\b(tells?|told|nobody|somebody|anybody|shall|the wish|what is not known|comes? to (its|an) end|in the air"
    r"|in doubt|(?<!there )(?<!answer )is no(?! longer)|verdict|judges?d?|put right|it works, but)\b",
    flags=re.IGNORECASE,
)


def test_help_of_all_commands_has_no_banned_phrase() -> None:
    found = [(name, text) for name, text in _help_texts(get_command(app), "zettai") if BANNED.search(text)]

    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_texts_of_a_package_have_no_banned_phrase(package: str) -> None:
    [folder] = importlib.import_module(package).__path__
    found = [
        f"{path.relative_to(folder)}:{line}: {text}"
        for path in sorted(Path(folder).rglob("*.py"))
        for line, text in _texts(ast.parse(path.read_text(encoding="utf-8")))
        if BANNED.search(text)
    ]

    assert found == []


def test_a_text_with_a_banned_phrase_is_found() -> None:
    tree = ast.parse('"""Nobody."""\n\ndef f(x):\n    """Shall."""\n    raise ValueError(f"{x} is no lane")\n')

    assert [text for _, text in _texts(tree) if BANNED.search(text)] == [" is no lane"]


def _help_texts(command: Any, name: str) -> Iterator[tuple[str, str]]:
    yield name, f"{command.help} {command.epilog}"
    for parameter in command.params:
        yield f"{name} {parameter.name}", str(getattr(parameter, "help", ""))
    for word, inner in getattr(command, "commands", {}).items():
        yield from _help_texts(inner, f"{name} {word}")


def _texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield all string constants but docstrings, and the docstrings of exceptions, which are their default messages."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Error", "Unavailable", "Conflict", "NotDurable")):
            yield node.lineno, ast.get_docstring(node) or ""
