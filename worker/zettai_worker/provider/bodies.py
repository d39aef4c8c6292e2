"""Parse the body of an answer while it arrives, so that a large one needs no more memory than its valid rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from zettai.core.aossms.parsing import whole_number
from zettai.core.aossms.statuses import Row
from zettai_worker.provider.errors import InvalidAnswer
from zettai_worker.provider.json_stream import JsonStream
from zettai_worker.provider.messages import Rows
from zettai_worker.provider.secret_fields import SecretFields

Value = TypeVar("Value")

MAX_ANSWER_SIZE = 256 * 1024
"""Bytes of an answer about one message. The provider's have less than 10 KB for each row. A larger one is an error."""

MAX_LIST_SIZE = 64 * 1024 * 1024
"""Bytes of an answer about a whole day. A larger one is an error."""

MAX_SKIPPED_ROWS = 1_000
"""Unreadable rows of one answer. With more, the whole answer is an error, and no more of it is read."""

_FIELDS = frozenset({"responseCode", "responseMessage", "phoneNumber", "smsMessage", "clientTag", "count"})
_ROWS = "status"


@dataclass(frozen=True, slots=True)
class Body(Generic[Value]):
    """The body of an answer.

    Attributes:
        fields: those that we use.
        rows: None if there is no list of them.
    """

    fields: SecretFields
    rows: Rows[Value] | None


def read_body(pieces: Iterable[bytes], read_row: Callable[[Row], Value | None]) -> Body[Value]:
    """Parse a body.

    Args:
        pieces: the body.
        read_row: returns None for a row that it cannot read.

    Raises:
        InvalidAnswer: it is no JSON object, a field that we use is there twice, or too many rows are unreadable.
    """
    stream = JsonStream(pieces)
    fields: dict[str, Any] = {}
    rows: Rows[Value] | None = None
    for name in stream.names():
        if name in fields or (name == _ROWS and rows is not None):
            raise InvalidAnswer(f"the answer has {name} twice")
        if name == _ROWS and stream.peek() == "[":
            rows = _read_rows(stream.entries(), read_row)
        elif name in _FIELDS or name == _ROWS:
            fields[name] = stream.value()
        else:
            stream.value()
    stream.end()
    if rows is not None:
        rows.skipped += _missing_rows(rows, fields.get("count"))
    return Body(SecretFields(fields), rows)


def read_object(pieces: Iterable[bytes]) -> Body[None]:
    """Parse the body of an answer without rows, with all its fields. That is faster than `read_body`.

    Raises:
        InvalidAnswer: it is no JSON object, a field is there twice, or it is too long for one value.
    """
    stream = JsonStream(pieces)
    fields = stream.value()
    stream.end()
    if not isinstance(fields, dict):
        raise InvalidAnswer("the answer is not a JSON object, or has a field twice")
    return Body(SecretFields(fields), None)


def _read_rows(entries: Iterable[Any], read_row: Callable[[Row], Value | None]) -> Rows[Value]:
    """Read the rows. Those of other applications on the same account, which have no tag, are left out."""
    rows: Rows[Value] = Rows()
    for entry in entries:
        if not isinstance(entry, dict):
            rows.skipped += 1
        elif entry.get("clientTag") in (None, ""):
            rows.without_tag += 1
        elif (value := read_row(entry)) is None:
            rows.skipped += 1
        else:
            rows.append(value)
        if rows.skipped > MAX_SKIPPED_ROWS:
            raise InvalidAnswer(f"the answer has more than {MAX_SKIPPED_ROWS:,} unreadable rows")
    return rows


def _missing_rows(rows: Rows[Any], count: object) -> int:
    """Return how many rows the provider counted, but did not write."""
    return max(0, (whole_number(count) or 0) - len(rows) - rows.skipped - rows.without_tag)
