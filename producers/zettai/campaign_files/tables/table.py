"""A table in a file, whatever the kind of the file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


class UnreadableFile(ValueError):  # noqa: N818 - it names the fact
    """A file, or the next row of a file, cannot be read. The text says why, without its content."""


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
