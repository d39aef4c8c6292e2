"""The page of the limits: sizes, intervals and caps that are constants of the code."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path

from docs.generate.markdown import code, table
from docs.generate.source import ROOT, constants, modules

HEAD = """# Limits

`make docs` writes this page from the code. These sizes, intervals and caps are constants, not [settings](settings.md): other values were not
tested, or would break a promise.
"""

UNITS = {"SECOND": "s", "MILLISECOND": "ms"}
"""Units of the rate limiter, which counts in microseconds."""


def page() -> str:
    """Return the page."""
    return HEAD + "".join(_sections())


def _sections() -> Iterator[str]:
    """Yield a table for each package that has such constants."""
    packages: dict[str, list[tuple[str, str, str]]] = {}
    for folder in ("producers", "worker"):
        for path, module in modules(folder):
            packages.setdefault(".".join(path.parent.relative_to(ROOT / folder).parts), []).extend(_rows(path, module))
    for package, rows in packages.items():
        if rows:
            yield f"\n## {package}\n\n" + table(("constant", "value", "meaning"), rows)


def _rows(path: Path, module: ast.Module) -> Iterator[tuple[str, str, str]]:
    for constant in constants(module.body):
        value = _value(path, module, constant.name, constant.value)
        if constant.name.isupper() and not constant.name.startswith("_") and value:
            link = f"[{code(f'{path.stem}.{constant.name}')}](../../{path.relative_to(ROOT)})"
            yield link, value, constant.text


def _value(path: Path, module: ast.Module, name: str, source: ast.expr | None) -> str:
    """Return a number or a duration for people, and nothing for any other value."""
    match source:
        case ast.BinOp(left=ast.Constant(value=int(number)), op=ast.Mult(), right=ast.Name(id=unit)) if unit in UNITS:
            return f"{number:,} {UNITS[unit]}"
        case ast.Constant() | ast.BinOp() | ast.Call(func=ast.Name(id="timedelta")):
            value = _evaluate(path, module, name, source)
            if isinstance(value, timedelta):
                return _duration(value)
            return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else ""
    return ""


def _evaluate(path: Path, module: ast.Module, name: str, source: ast.expr) -> object:
    """Return a value by its expression and the names that it imports. If it needs more, import its module."""
    used = {node.id for node in ast.walk(source) if isinstance(node, ast.Name)}
    known = {
        alias.name: getattr(import_module(statement.module), alias.name)
        for statement in module.body
        if isinstance(statement, ast.ImportFrom) and statement.module
        for alias in statement.names
        if alias.name in used
    }
    try:
        return eval(ast.unparse(source), known)  # noqa: S307 - our own source
    except NameError:
        return getattr(import_module(".".join(path.relative_to(ROOT).with_suffix("").parts[1:])), name)


def _duration(value: timedelta) -> str:
    for unit, name in ((timedelta(days=1), "days"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if value >= unit and not value % unit:
            return f"{value // unit:,} {name}"
    return f"{value.total_seconds():g} s"
