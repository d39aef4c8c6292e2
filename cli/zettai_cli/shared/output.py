"""What the command prints: JSON for programs, text for people. What they say is decided by the commands."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType

WIDE = 10_000
"""Columns where there is no terminal: nothing is cut or folded."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs, in place of text for people.")]
"""The option that every command has."""


class Output:
    """Prints to stdout, in the way that was asked for."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def show(self, data: Mapping[str, Any], text: RenderableType) -> None:
        """Print the one thing that a command answers."""
        if self.as_json:
            self.line(data)
        else:
            self.text(text)

    def line(self, data: Mapping[str, Any]) -> None:
        """Print one JSON document on a line of its own."""
        sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")

    def text(self, text: RenderableType) -> None:
        """Print something for people, unless JSON was asked for."""
        if not self.as_json:
            console().print(text)


def console(*, stderr: bool = False) -> Console:
    """A console that takes nobody's text for markup."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDE
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False, soft_wrap=False)
