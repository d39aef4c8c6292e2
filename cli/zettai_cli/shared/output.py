"""Printing: JSON for programs or text for people on stdout."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console, RenderableType

WIDTH_WITHOUT_TERMINAL = 10_000
"""Columns. Wide enough that no line is cut or folded."""


class Output:
    """Prints the result of a command to stdout, as JSON or as text."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def show(self, data: Mapping[str, Any], text: RenderableType, *, crop: bool = True) -> None:
        """Print the data as JSON, or else the text."""
        if self.as_json:
            self.json_line(data)
        else:
            self.text(text, crop=crop)

    def json_line(self, data: Mapping[str, Any]) -> None:
        """Print one JSON document on one line."""
        sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")

    def text(self, text: RenderableType, *, crop: bool = True) -> None:
        """Print text, except with --json. Lines that are longer than the terminal are cut, if `crop` is true."""
        if not self.as_json:
            console().print(text, crop=crop)


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints text as it is, without markup."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False, soft_wrap=False)
