"""Reads the rows of a CSV file as arguments of `SmsClient.send`."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import typer

from zettai.core.phone_numbers import normalize
from zettai_cli.shared.parsing import duration, time_with_zone

REQUIRED = ("to", "body")

COLUMNS = (*REQUIRED, "client_tag", "send_at", "expires_in", "lane", "group", "carrier", "sender", "category")

METADATA = "metadata."
"""What begins the names of further columns, such as `metadata.order`."""


def _phone_number(text: str) -> str:
    """Give a number its first zero back. `send` says what is wrong with a number that is not valid."""
    with suppress(ValueError):
        return normalize(text, may_lack_zero=True)
    return text


_READERS: Mapping[str, Callable[[str], object]] = {
    "to": _phone_number,
    "send_at": time_with_zone,
    "expires_in": duration,
}


class BadHeader(ValueError):  # noqa: N818 - it names the fact
    """The first line does not name the columns."""


WHOLE_ROW = "row"
"""The field of a problem that concerns the whole row."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a row: the field and the reason. The text contains no full phone number."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"

    def to_dict(self) -> dict[str, str]:
        """Return the values for JSON."""
        return {"field": self.field, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        line: number of its first line in the file.
        arguments: those arguments of `SmsClient.send` that could be read.
        problems: why the row cannot be sent. Without problems, `send` validates it.
    """

    line: int
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    problems: tuple[Problem, ...] = ()

    @property
    def problem(self) -> str | None:
        """The first problem, or None."""
        return str(self.problems[0]) if self.problems else None


def read_rows(lines: Iterable[str], defaults: Mapping[str, Any], tag_prefix: str | None) -> Iterator[Row]:
    """Yield the rows one by one.

    Args:
        lines: of the file, with the header.
        defaults: arguments for cells that are empty or missing.
        tag_prefix: rows without a tag get the tag `PREFIX-LINE`.

    Raises:
        BadHeader: the first line does not name the columns.
        csv.Error: the file is not valid CSV.
    """
    reader = csv.reader(lines, strict=True)
    header = _check_header([name.strip() for name in next(reader, [])])
    line = reader.line_num + 1
    for cells in reader:
        if cells:
            yield _row(line, header, cells, defaults if tag_prefix is None else _with_tag(defaults, tag_prefix, line))
        line = reader.line_num + 1


def _with_tag(defaults: Mapping[str, Any], tag_prefix: str, line: int) -> Mapping[str, Any]:
    return {**defaults, "client_tag": f"{tag_prefix}-{line}"}


def _check_header(header: Sequence[str]) -> Sequence[str]:
    unknown = [name for name in header if name not in COLUMNS and not name.startswith(METADATA)]
    missing = [name for name in REQUIRED if name not in header]
    if unknown or missing or len(set(header)) < len(header):
        reason = f"{missing[0]!r} is missing" if missing else f"{(unknown or header)[0]!r} is unknown or given twice"
        raise BadHeader(f"the first line must name the columns ({', '.join(COLUMNS)}); {reason}")
    return header


def _row(line: int, header: Sequence[str], cells: Sequence[str], defaults: Mapping[str, Any]) -> Row:
    if len(cells) > len(header):
        reason = f"{len(cells)} cells, but {len(header)} columns; put texts with a comma in quotes"
        return Row(line, problems=(Problem(WHOLE_ROW, reason),))
    arguments, problems = dict(defaults), []
    metadata: dict[str, str] = {}
    for name, cell in zip(header, cells, strict=False):
        text = cell if name == "body" else cell.strip()
        if text:
            if name.startswith(METADATA):
                metadata[name.removeprefix(METADATA)] = text
                continue
            try:
                arguments[name] = _READERS.get(name, str)(text)
            except typer.BadParameter as error:
                problems.append(Problem(name, error.message))
    if metadata:
        arguments["metadata"] = metadata
    problems += [Problem(name, "is missing") for name in REQUIRED if name not in arguments]
    return Row(line, arguments, tuple(problems))
