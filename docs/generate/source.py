"""Reads docstrings of attributes and constants, which Python itself does not keep."""

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Constant(NamedTuple):
    """A name, its value as the source has it, and the docstring below it."""

    name: str
    value: ast.expr | None
    text: str


def constants(body: list[ast.stmt]) -> Iterator[Constant]:
    """Yield each assignment of a module or class that a docstring follows."""
    for statement, below in pairwise(body):
        match statement, below:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield Constant(name, value, one_line(text))


def attributes(kind: type) -> dict[str, str]:
    """Return the docstrings of a class's attributes, and of those that it inherits, by name."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if one.__module__.startswith("zettai"):
            [defined] = ast.parse(dedent(inspect.getsource(one))).body
            if isinstance(defined, ast.ClassDef):
                found |= {constant.name: constant.text for constant in constants(defined.body)}
    return found


def modules(folder: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield each module below a source root with its syntax tree, in the order of their paths."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def first_paragraph(text: str | None) -> str:
    """Return the first paragraph of a docstring in one line."""
    return one_line(inspect.cleandoc(text or "").partition("\n\n")[0])


def one_line(text: str) -> str:
    """Return a text without line breaks."""
    return " ".join(text.split())
