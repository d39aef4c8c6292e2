"""The one style of all tables."""

from collections.abc import Collection

from rich.table import Table

from zettai_cli.shared.language import say

SPACE = 2
"""Characters between two columns."""


def columns(*names: str, numbers: Collection[str] = ()) -> Table:
    """Return a table with a header line.

    Args:
        names: of the columns, in English.
        numbers: names of the columns to align to the right.
    """
    table = Table(box=None, padding=(0, SPACE, 0, 0), header_style="dim")
    for name in names:
        table.add_column(say(name), justify="right" if name in numbers else "left", overflow="fold")
    return table


def facts(*, cut: bool = False) -> Table:
    """Return a table with a name and a value in each row.

    Args:
        cut: whether to cut long values at the edge of the terminal instead of folding them.
    """
    table = Table.grid(padding=(0, SPACE))
    table.add_column(style="dim", no_wrap=True, min_width=7 if cut else None)
    table.add_column(overflow="ellipsis" if cut else "fold", no_wrap=cut)
    return table
