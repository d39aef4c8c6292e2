"""Turns the rows of a file into arguments of `SmsClient.send`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from zettai.campaign_files.columns import Columns
from zettai.campaign_files.duplicates import FirstRows
from zettai.campaign_files.spreadsheet_times import time_of_spreadsheet
from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.phone_numbers import PHONE_NUMBER, normalize
from zettai.core.settings import Duration
from zettai.core.templates import Template

WHOLE_ROW = "row"
"""The field of a problem that concerns the whole row."""

SPREADSHEET_ERROR = re.compile(r"#(N/A|VALUE!|REF!|NAME\?|NULL!|NUM!|DIV/0!|SPILL!|CALC!)")
"""What a spreadsheet shows in place of a value that it cannot calculate."""

_LINE_ENDS = re.compile(r"\r\n?")

_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)


def _phone_number(text: str) -> str:
    """Give a number its first zero back. `send` says what is wrong with a number that is not valid."""
    with suppress(ValueError):
        return normalize(text, may_lack_zero=True)
    return text


def _duration(text: str) -> object:
    with suppress(ValidationError):
        return _DURATION.validate_python(text)
    raise InvalidValue(InvalidReason.NOT_A_WRITTEN_DURATION)


_READERS: Mapping[str, Callable[[str], object]] = {
    "to": _phone_number,
    "send_at": time_of_spreadsheet,
    "expires_in": _duration,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a row. Its texts contain no full phone number.

    Attributes:
        field: the column.
        reason: what is wrong with it, in English.
        reason_ja: the same as a sentence in Japanese.
    """

    field: str
    reason: str
    reason_ja: str

    @classmethod
    def of(cls, field: str, value: InvalidValue) -> Self:
        """Return the problem of a cell."""
        return cls(field, str(value), value.in_japanese(field))

    @classmethod
    def of_argument(cls, field: str, error: InvalidMessage) -> Self:
        """Return the problem of an argument of `send`, under the name of its column."""
        return cls(field, error.reason, error.message_ja)

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"

    def to_dict(self) -> dict[str, str]:
        """Return the values for JSON."""
        return {"field": self.field, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: its number in the file, as a spreadsheet shows it.
        arguments: those arguments of `SmsClient.send` that could be read.
        problems: why the row cannot be sent. Without problems, `send` validates it.
    """

    number: int
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of one file.

    Attributes:
        columns: the columns of the file.
        defaults: arguments for cells that are empty or missing.
        template: makes the texts. Without it, the column `body` has them.
        tag_prefix: rows without a tag get the tag `PREFIX-NUMBER`.
        duplicates: finds numbers and tags that the file has twice. Without it, they are allowed.
    """

    columns: Columns
    defaults: Mapping[str, Any]
    template: Template | None = None
    tag_prefix: str | None = None
    duplicates: FirstRows | None = None

    def read(self, rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Row]:
        """Yield the rows one by one."""
        for number, cells in rows:
            yield self._row(number, cells)

    def _row(self, number: int, cells: Sequence[str]) -> Row:
        if any(cell.strip() for cell in cells[len(self.columns.names) :]):
            extra = InvalidValue(InvalidReason.CELLS_WITHOUT_COLUMN, columns=len(self.columns.names))
            return Row(number, problems=(Problem.of(WHOLE_ROW, extra),))
        arguments, problems = dict(self.defaults), []
        if self.tag_prefix is not None:
            arguments["client_tag"] = f"{self.tag_prefix}-{number}"
        for name, position in self.columns.arguments.items():
            try:
                _set(arguments, name, _cell(cells, position))
            except InvalidValue as error:
                problems.append(Problem.of(self.columns.label(name), error))
        if self.template is not None:
            try:
                arguments["body"] = self._body(self.template, cells)
            except InvalidMessage as error:
                problems.append(Problem.of_argument(self.columns.label(error.field), error))
        wrong = {problem.field for problem in problems}
        missing = [name for name in self._required if name not in arguments and self.columns.label(name) not in wrong]
        absent = InvalidValue(InvalidReason.CELL_IS_EMPTY)
        problems += [Problem.of(self.columns.label(name), absent) for name in missing]
        return Row(number, arguments, (*problems, *self._repeated(number, arguments, cells)))

    @property
    def _required(self) -> Sequence[str]:
        """The arguments that each row must have."""
        return ("to", "body") if self.template is None else ("to",)

    def _body(self, template: Template, cells: Sequence[str]) -> str:
        values: dict[str, str] = {}
        for name, position in self.columns.fields.items():
            try:
                values[name] = _checked(_cell(cells, position)).strip()
            except InvalidValue as error:
                raise InvalidMessage(name, error) from None
        return template.render(values)

    def _repeated(self, number: int, arguments: Mapping[str, Any], cells: Sequence[str]) -> Iterator[Problem]:
        """Yield a problem for the number and for the tag, if an earlier row has them too."""
        if self.duplicates is None:
            return
        to, tag = str(arguments.get("to", "")), self.columns.arguments.get("client_tag")
        values = {"to": to if PHONE_NUMBER.fullmatch(to) else "", "client_tag": _cell(cells, tag).strip()}
        for name, value in values.items():
            earlier = self.duplicates.earlier(name, value, number) if value else None
            if earlier is not None:
                yield Problem.of(self.columns.label(name), InvalidValue(InvalidReason.SAME_AS_EARLIER_ROW, row=earlier))


def _cell(cells: Sequence[str], position: int | None) -> str:
    """Return a cell with line feeds only. A row may be shorter than the header."""
    return "" if position is None or position >= len(cells) else _LINE_ENDS.sub("\n", cells[position])


def _checked(text: str) -> str:
    if SPREADSHEET_ERROR.fullmatch(text.strip()):
        raise InvalidValue(InvalidReason.ERROR_OF_SPREADSHEET, error=text.strip())
    return text


def _set(arguments: dict[str, Any], name: str, cell: str) -> None:
    """Set an argument from a cell. An empty cell sets nothing.

    Raises:
        InvalidValue: the cell cannot be read.
    """
    text = _checked(cell) if name == "body" else _checked(cell).strip()
    if not text.strip():
        return
    value = _READERS.get(name, str)(text)
    argument, _, key = name.partition(".")
    arguments[argument] = {**arguments.get(argument, {}), key: value} if key else value
