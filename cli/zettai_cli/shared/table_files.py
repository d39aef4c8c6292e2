"""For commands that read a CSV or Excel file: their options, and a progress bar."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from zettai.campaign_files.tables.table import Table
from zettai.campaign_files.tables.text_files import known_encoding
from zettai_cli.shared.language import say
from zettai_cli.shared.output import console

Encoding = Annotated[
    str | None, typer.Option(help="The encoding of a CSV file. By default it is detected.", show_default=False)
]

Sheet = Annotated[str | None, typer.Option(help="The sheet of an .xlsx file. By default the first one.")]

STEP = 500
"""Rows between two updates."""


def checked_encoding(encoding: str | None) -> str | None:
    """Return Python's name of an encoding; None: it is detected.

    Raises:
        typer.BadParameter: there is no such encoding.
    """
    try:
        return None if encoding is None else known_encoding(encoding)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def with_progress(table: Table, name: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows of a table, with a progress bar on stderr if that is a terminal.

    Args:
        table: the open table.
        name: of the file.
    """
    screen = console(stderr=True)
    columns = (TextColumn(name), BarColumn(), TaskProgressColumn(), TextColumn(say("{task.fields[row]:,} rows")))
    with Progress(
        *columns, TimeRemainingColumn(), console=screen, disable=not screen.is_terminal, transient=True
    ) as progress:
        task = progress.add_task(name, total=table.size, row=0)
        for number, cells in table.rows:
            yield number, cells
            if number % STEP == 0:
                progress.update(task, completed=table.position(number), row=number)
