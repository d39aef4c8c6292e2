"""A table in a file, whatever the kind of the file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass


class UnreadableFile(ValueError):  # noqa: N818 - it names the fact
    """A file, or the next row of a file, cannot be read. The text says why, without its content."""


MOST_COLUMNS = 1_000
"""Cells of a row. Each row of a table takes the time of its widest one, also if most cells are empty."""


def check_width(number: int, cells: Sequence[object]) -> None:
    """Raise `UnreadableFile` if a row has too many cells."""
    if len(cells) > MOST_COLUMNS:
        raise UnreadableFile(f"row {number} has more than {MOST_COLUMNS:,} columns")


@dataclass(frozen=True, slots=True)
class Table:
    """An open table.

    Attributes:
        form: how the file was understood, for people.
        rows: the rows with their numbers, as a spreadsheet shows them: the first row is 1. Empty rows are left out.
            Reading them raises `UnreadableFile`.
        size: the position at the end, or None if that is not known.
        position: returns how far the file was read, given the number of the latest row.
    """

    form: str
    rows: Iterator[tuple[int, list[str]]]
    size: int | None
    position: Callable[[int], int]
