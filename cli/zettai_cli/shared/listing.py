"""Tables of which people copy tags."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from zettai_cli.shared.output import WIDTH_WITHOUT_TERMINAL
from zettai_cli.shared.tables import SPACE

GAP = " " * SPACE


@dataclass(frozen=True, slots=True)
class Listing:
    """A table. Where the terminal is too narrow for it, a row takes more lines; only longer values are broken."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the table, or else the lines of each row."""
        needed = Measurement.get(console, options.update_width(WIDTH_WITHOUT_TERMINAL), self.table).maximum
        if needed <= options.max_width:
            yield self.table
            return
        names = GAP.join(str(column.header) for column in self.table.columns)
        yield Text(names, style=self.table.header_style)
        for row in zip(*(column.cells for column in self.table.columns), strict=True):
            first, *rest = (value for value in map(_text, row) if value)
            line = first
            for value in rest:
                if line.cell_len + SPACE + value.cell_len <= options.max_width:
                    line = Text.assemble(line, GAP, value)
                else:
                    yield line
                    line = Text.assemble(GAP, value)
            yield line


def _text(cell: object) -> Text:
    return cell if isinstance(cell, Text) else Text(str(cell))
