"""A line of a CSV file as the keywords of `SmsClient.send`. What is done with them is not known here."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import typer

from zettai_cli.shared.parsing import duration, moment

REQUIRED = ("to", "body")

COLUMNS = (*REQUIRED, "client_tag", "send_at", "expires_in", "lane", "group", "carrier")

_READERS: Mapping[str, Callable[[str], object]] = {"send_at": moment, "expires_in": duration}


class BadHeader(ValueError):  # noqa: N818 - reads as the fact that it states
    """The first line does not name the columns."""


WHOLE_ROW = "row"
"""In place of a field, where it is the row that is wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row: the field, and why. No text quotes a number in full."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"

    def to_dict(self) -> dict[str, str]:
        """Ready for JSON."""
        return {"field": self.field, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        line: of the file, at which it begins.
        keywords: of `SmsClient.send`, as far as the row gives any that can be read.
        problems: why it makes no message; none where it may make one.
    """

    line: int
    keywords: Mapping[str, Any] = field(default_factory=dict, repr=False)
    problems: tuple[Problem, ...] = ()

    @property
    def problem(self) -> str | None:
        """The first of them."""
        return str(self.problems[0]) if self.problems else None


def read_rows(lines: Iterable[str], defaults: Mapping[str, Any], tag_prefix: str | None) -> Iterator[Row]:
    """Read rows one by one.

    Args:
        lines: of the file, header first.
        defaults: keywords for the cells that are empty or missing.
        tag_prefix: makes the tag `PREFIX-LINE` for rows that bring none.

    Raises:
        BadHeader: the first line does not name the columns.
        csv.Error: what follows is no CSV.
    """
    reader = csv.reader(lines, strict=True)
    header = _checked([name.strip() for name in next(reader, [])])
    line = reader.line_num + 1
    for cells in reader:
        if cells:
            yield _row(line, header, cells, defaults if tag_prefix is None else _tagged(defaults, tag_prefix, line))
        line = reader.line_num + 1


def _tagged(defaults: Mapping[str, Any], tag_prefix: str, line: int) -> Mapping[str, Any]:
    return {**defaults, "client_tag": f"{tag_prefix}-{line}"}


def _checked(header: Sequence[str]) -> Sequence[str]:
    unknown = [name for name in header if name not in COLUMNS]
    missing = [name for name in REQUIRED if name not in header]
    if unknown or missing or len(set(header)) < len(header):
        wrong = f"no column {missing[0]!r}" if missing else f"{(unknown or header)[0]!r} is unknown or there twice"
        raise BadHeader(f"the first line must name the columns, and {wrong}; they are {', '.join(COLUMNS)}")
    return header


def _row(line: int, header: Sequence[str], cells: Sequence[str], defaults: Mapping[str, Any]) -> Row:
    if len(cells) > len(header):
        reason = f"{len(cells)} cells, but {len(header)} columns; is a comma not in quotes?"
        return Row(line, problems=(Problem(WHOLE_ROW, reason),))
    keywords, problems = dict(defaults), []
    for name, cell in zip(header, cells, strict=False):
        text = cell if name == "body" else cell.strip()
        if text:
            try:
                keywords[name] = _READERS.get(name, str)(text)
            except typer.BadParameter as error:
                problems.append(Problem(name, error.message))
    problems += [Problem(name, "is missing") for name in REQUIRED if name not in keywords]
    return Row(line, keywords, tuple(problems))
