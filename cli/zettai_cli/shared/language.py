"""The language of the command: Japanese where `LANGUAGE`, `LC_ALL`, `LC_MESSAGES` or `LANG` asks for it, else English.

The texts are in English in the code. `locale/ja` has the Japanese ones. JSON, CSV and logs are always in English.
"""

import gettext
import os
import re
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
    # of argparse
    "usage: ",
    "options",
    "show this help message and exit",
    "argument %(argument_name)s: %(message)s",
    "invalid %(type)s value: %(value)r",
    "expected one argument",
    "unrecognized arguments: %s",
)
"""The texts that Typer and argparse take from our catalog."""

USAGE = ("Usage: ", "[OPTIONS]", "COMMAND [ARGS]...", "Show this message and exit.")
"""The texts of Typer that it does not take from a catalog."""

JAPANESE = "\u3000-\u30ff\u3400-\u9fff\uff00-\uffef"
"""The characters between which a line may break."""

OPENING = re.escape("(「『")
"""Not at the end of a line."""

CLOSING = re.escape(")、。,.:;!?」』…・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
"""Not at the beginning of a line."""

WORD = re.compile(rf"\s*(?:[{OPENING}]*(?:[{JAPANESE}]|[^\s{JAPANESE}{OPENING}]+)[{CLOSING}]*|\S)\s*")
"""What stays on one line: a Japanese character, or a word of another language, with its punctuation."""


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
    _break_lines_within_japanese()
    for one in tree(command):
        for name in ("help", "epilog", "rich_help_panel", "options_metavar", "subcommand_metavar"):
            if isinstance(text := getattr(one, name, None), str):
                setattr(one, name, "\n\n".join(map(say, paragraphs(text))))
        _translate_usage(one)
        for parameter in (*one.params, *_help_option(one)):
            for name in ("help", "show_default"):
                if isinstance(text := getattr(parameter, name, None), str):
                    setattr(parameter, name, say(text))


def _translate_usage(command: Any) -> None:
    """Translate the first word of the help."""
    usage = command.get_usage
    command.get_usage = lambda context: usage(context).replace("Usage: ", say("Usage: "), 1)


def hide_types_of_flags(command: Any) -> None:
    """Let the help show no type for an option that has no value. Typer shows `<bool>`."""
    for one in tree(command):
        for parameter in (*one.params, *_help_option(one)):
            if getattr(parameter, "is_flag", False):
                parameter.metavar = ""


def _help_option(command: Any) -> Iterator[Any]:
    """Yield the option `--help` of a command, if it has one. Typer makes it when it is first asked for it."""
    if (option := command.get_help_option(command.context_class(command))) is not None:
        yield option


def tree(command: Any) -> Iterator[Any]:
    """Yield a command and those in it."""
    yield command
    for one in getattr(command, "commands", {}).values():
        yield from tree(one)


def paragraphs(text: str | None) -> Iterator[str]:
    """Yield the paragraphs of a help, each as one line."""
    yield from (" ".join(one.split()) for one in (text or "").split("\n\n") if one.strip())


def _break_lines_within_japanese() -> None:
    """Let Rich break a line between Japanese characters. It breaks at spaces only, and Japanese has none."""
    from rich import _wrap  # noqa: PLC0415 - takes longer than the rest of `zettai --help`

    _wrap.re_word = WORD


@cache
def _catalog() -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, FOLDER, fallback=True)
