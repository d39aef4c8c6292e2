"""The page of the `zettai` command, from the command itself."""

from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from typer.main import get_command

from zettai_cli.app import app
from zettai_cli.shared.exits import SUMMARY

HEAD = """# The command line

`make docs` writes this page from the code. `zettai COMMAND --help` shows the same.

Settings come from `ZETTAI_…` variables: see [settings](settings.md). With `--json`, stdout holds JSON only; every command has this option
except {without}. An error is one line on stderr.

With `LANG=ja_JP.UTF-8` (or `LANGUAGE`, `LC_ALL`, `LC_MESSAGES`) the command shows help, results, questions and errors in Japanese. JSON, CSV and logs
are in English.

{codes}

| command | what it does |
|---|---|
"""

OF_ITS_OWN = "Its options: [testing](../testing.md#the-simulator)."


def page() -> str:
    """Return the page."""
    commands = dict(_commands(get_command(app), "zettai"))
    lines = [f"| [`{name}`](#{name.replace(' ', '-')}) | {_first(command)} |" for name, command in commands.items()]
    sections = (_section(name, command) for name, command in commands.items())
    without = " and ".join(f"`{name}`" for name, command in commands.items() if not _speaks_json(command))
    return HEAD.format(codes=SUMMARY, without=without) + "\n".join(lines) + "\n\n" + "\n".join(sections)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None or command.invoke_without_command:
        yield name, command
    for word, one in (inner or {}).items():
        yield from _commands(one, f"{name} {word}")


def _speaks_json(command: Any) -> bool:
    return any("--json" in parameter.opts for parameter in command.params)


def _first(command: Any) -> str:
    """Return the first paragraph of a command's help."""
    return str(command.help).partition("\n\n")[0].replace("\n", " ").strip()


def _section(name: str, command: Any) -> str:
    arguments = [one for one in command.params if not one.opts[0].startswith("-")]
    options = [one for one in command.params if one not in arguments and not one.hidden]
    words = " ".join([name, *(str(one.metavar or one.name.upper()) for one in arguments)])
    parts = [f"## {name}", "\n\n".join(_paragraph(text) for text in str(command.help).strip().split("\n\n"))]
    if "simulate" in name:
        parts.append(OF_ITS_OWN)
    else:
        parts.append(f"`{words}{' [OPTION]…' if options else ''}`")
        parts.append(
            "\n".join(["| parameter | value | default | meaning |", "|---|---|---|---|", *map(_row, command.params)])
        )
    return "\n\n".join(parts) + "\n"


def _row(parameter: Any) -> str:
    return f"| {_name(parameter)} | {_value(parameter)} | {_default(parameter)} | {_cell(parameter.help or '')} |"


def _paragraph(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines())


def _name(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    return f"`{parameter.metavar or parameter.name}`" if not names[0].startswith("-") else _ticked(names)


def _ticked(words: list[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def _value(parameter: Any) -> str:
    """Return which values a parameter takes."""
    if getattr(parameter, "is_flag", False):
        return "–"
    if parameter.opts[0].startswith("-") and parameter.metavar:
        return f"`{parameter.metavar}`"
    annotation = parameter.type_descriptor.annotation
    kinds = [annotation, *get_args(annotation)]
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, Enum):
            return _ticked([str(one.value) for one in kind])
    names = {int: "number", Path: "path", timedelta: "seconds"}
    return next((names[kind] for kind in kinds if kind in names), "text")


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if isinstance(parameter.show_default, str):
        return f"`{parameter.show_default}`"
    default = parameter.default
    if default is None or default is False or default == ():
        return "–"
    if default is True:
        return "yes"
    return f"`{default.value if isinstance(default, Enum) else default}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
