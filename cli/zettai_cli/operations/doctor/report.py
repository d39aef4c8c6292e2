"""The report of `doctor`: a table. At a narrow terminal, what to do is below what was found."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from zettai_cli.operations.doctor.results import Check, Result
from zettai_cli.operations.doctor.words import in_words
from zettai_cli.shared.tables import SPACE, columns

COLORS = {Result.OK: "green", Result.WARNING: "yellow", Result.FAILED: "red", Result.UNKNOWN: "yellow"}

PIECE = re.compile(r"[!-~]+|.")
"""What a line keeps together: a word in ASCII, or one character of Japanese, which has no blanks."""


@dataclass(frozen=True, slots=True)
class Report:
    """The checks. No word is broken: one that is too long, such as a path, has its own line and can be copied."""

    checks: Sequence[Check]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the table, or else the lines of each check."""
        table, rows = columns("check", "result", "found", "what to do"), [_row(check) for check in self.checks]
        header = [Text(str(column.header), style=table.header_style) for column in table.columns]
        widths = [SPACE + max(cell.cell_len for cell in column) for column in zip(header, *rows, strict=True)]
        if sum(widths) <= options.max_width:
            for row in rows:
                table.add_row(*row)
            yield table
            return
        for name, result, *texts in (header, *rows):
            head = Text.assemble(_padded(name, widths[0]), _padded(result, widths[1]))
            room = options.max_width - head.cell_len
            lines = [Text(line) for text in texts for line in _wrap(text.plain, room)]
            yield from _beside(head, lines, room)


def _row(check: Check) -> list[Text]:
    name, result, found, advice = map(in_words, (check.name, check.result, check.found, check.advice))
    return [Text(name), Text(result, style=COLORS[check.result]), Text(found), Text(advice)]


def _padded(cell: Text, width: int) -> Text:
    return Text.assemble(cell, " " * (width - cell.cell_len))


def _wrap(text: str, room: int) -> Iterator[str]:
    """Yield the lines of a text. A word of letters, such as a path, is never broken; rich would break or cut it."""
    line = ""
    for piece in PIECE.findall(text):
        if line and cell_len((line + piece).rstrip()) > room:
            yield line.rstrip()
            line = ""
        line = (line + piece).lstrip()
    if line:
        yield line


def _beside(head: Text, lines: Sequence[Text], room: int) -> Iterator[Text]:
    """Yield the lines of a check to the right of its head, if there is room for them."""
    for line in lines:
        if line.cell_len <= room:
            yield Text.assemble(head, line)
        else:
            if head.plain.strip():
                yield head
            line.no_wrap, line.overflow = True, "ignore"
            yield line
        head = Text(" " * head.cell_len)
