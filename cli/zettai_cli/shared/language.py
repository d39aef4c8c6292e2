"""The language of the command: Japanese where `LANGUAGE`, `LC_ALL`, `LC_MESSAGES` or `LANG` asks for it, else English.

The texts are in English in the code. `locale/ja` has the Japanese ones. JSON, CSV and logs are always in English.
"""

import gettext
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

DOMAIN = "zettai_cli"

FOLDER = Path(__file__).parents[1] / "locale"

TYPER = (
    "Arguments",
    "Options",
    "Commands",
    "[default: {}]",
    "[required]",
    "Missing command.",
    "No such command {name!r}.",
)
"""The texts of Typer that it takes from our catalog."""


def say(text: str, /, **values: Any) -> str:
    """Return a text in the language of the user, with its values filled in as `str.format` does."""
    translated = _catalog().gettext(text)
    return translated.format(**values) if values else translated


def is_japanese() -> bool:
    """Return whether the user reads Japanese."""
    return isinstance(_catalog(), gettext.GNUTranslations)


def use_language() -> None:
    """Let Typer take its texts from our catalog. It must be called before Typer is imported."""
    gettext.bindtextdomain(DOMAIN, os.fspath(FOLDER))
    gettext.textdomain(DOMAIN)


def translate_help(command: Any) -> None:
    """Translate the help of a command, of its options, and of the commands in it."""
    if not is_japanese():
        return
    _break_lines_without_spaces()
    for one in tree(command):
        for name in ("help", "epilog", "rich_help_panel"):
            if isinstance(text := getattr(one, name, None), str):
                setattr(one, name, "\n\n".join(map(say, paragraphs(text))))
        for parameter in one.params:
            if getattr(parameter, "help", None):
                parameter.help = say(parameter.help)


def tree(command: Any) -> Iterator[Any]:
    """Yield a command and those in it."""
    yield command
    for one in getattr(command, "commands", {}).values():
        yield from tree(one)


def paragraphs(text: str | None) -> Iterator[str]:
    """Yield the paragraphs of a help, each as one line."""
    yield from (" ".join(one.split()) for one in (text or "").split("\n\n") if one.strip())


def _break_lines_without_spaces() -> None:
    """Let Rich break a line anywhere in a column. It would cut a text that has no spaces, as Japanese has none."""
    from rich.table import Column  # noqa: PLC0415 - takes longer than the rest of `zettai --help`

    def read(column: Any) -> Any:
        chosen = vars(column)["overflow"]
        return "fold" if chosen == "ellipsis" and not column.no_wrap else chosen

    def write(column: Any, chosen: Any) -> None:
        vars(column)["overflow"] = chosen

    Column.overflow = property(read, write)  # type: ignore[assignment]


@cache
def _catalog() -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, FOLDER, fallback=True)
