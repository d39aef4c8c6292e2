"""Shows at a terminal how much of a file was read."""

from collections.abc import Iterator, Sequence

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from zettai.campaign_files.tables.table import Table
from zettai_cli.shared.output import console

STEP = 500
"""Rows between two updates."""


def with_progress(table: Table, name: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows of a table, with a progress bar on stderr if that is a terminal.

    Args:
        table: the open table.
        name: of the file.
    """
    screen = console(stderr=True)
    columns = (TextColumn(name), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[row]:,} rows"))
    with Progress(
        *columns, TimeRemainingColumn(), console=screen, disable=not screen.is_terminal, transient=True
    ) as progress:
        task = progress.add_task(name, total=table.size, row=0)
        for number, cells in table.rows:
            yield number, cells
            if number % STEP == 0:
                progress.update(task, completed=table.position(number), row=number)
