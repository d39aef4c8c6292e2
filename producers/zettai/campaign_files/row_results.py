"""Records the rows of a file as messages, and what became of each."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from zettai.campaign_files.columns import Columns
from zettai.campaign_files.rows import Problem, Row
from zettai.client import SmsClient
from zettai.core.create_result import CreateResult
from zettai.core.errors import InvalidMessage

LISTED = 20
"""Bad rows that are listed for people. JSON and the result file have all."""


class Outcome(StrEnum):
    """What became of a row."""

    RECORDED = "recorded"
    """Its message is recorded, and will be sent."""
    REPEATED = "repeated"
    """Its message was recorded before. It is not sent a second time."""
    SUPPRESSED = "suppressed"
    """Its message is recorded as canceled, because its number is suppressed."""
    REFUSED = "refused"
    """It has an error: nothing is recorded, or the message may not be on disk yet."""


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row.

    Attributes:
        number: its number in the file.
        outcome: what became of it.
        client_tag: the tag of its message; "" if it has none.
        reason: the state of its message, or why there is none.
        reason_ja: why there is none, as a sentence in Japanese, if there is one.
    """

    number: int
    outcome: Outcome
    client_tag: str
    reason: str
    reason_ja: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        if self.outcome is Outcome.REFUSED:
            return {"row": self.number, "ok": False, "error": self.reason}
        repeated = self.outcome is Outcome.REPEATED
        return {
            "row": self.number,
            "ok": True,
            "client_tag": self.client_tag,
            "state": self.reason,
            "repeated": repeated,
        }


class Results:
    """Counts the results of all rows, and keeps the first bad ones to list them."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(Outcome, 0)
        self.last_row = 0
        self.problems: list[RowResult] = []

    @property
    def bad(self) -> int:
        """The number of bad rows."""
        return self.counts[Outcome.REFUSED]

    def to_dict(self) -> dict[str, int]:
        """Return the counts for JSON."""
        return {outcome.value: count for outcome, count in self.counts.items()}

    def add(self, result: RowResult) -> None:
        """Add one result."""
        self.last_row = result.number
        self.counts[result.outcome] += 1
        if result.outcome is Outcome.REFUSED and len(self.problems) < LISTED:
            self.problems.append(result)


def record_rows(client: SmsClient, rows: Iterable[Row], columns: Columns) -> Iterator[RowResult]:
    """Record the good rows. Yield the results of all rows in their order."""
    read: deque[Row] = deque()

    def good_arguments() -> Iterator[Mapping[str, Any]]:
        for row in rows:
            read.append(row)
            if not row.problems:
                yield row.arguments

    for result in client.send_many(good_arguments()):
        while (row := read.popleft()).problems:
            yield _refused(row, row.problems[0])
        yield _result(row, result, columns)
    yield from (_refused(row, row.problems[0]) for row in read)


def _result(row: Row, result: CreateResult, columns: Columns) -> RowResult:
    match result.error:
        case None if result.message is not None:
            return RowResult(row.number, _outcome(result), result.message.client_tag, result.message.state)
        case InvalidMessage() as error:
            return _refused(row, Problem.of_argument(columns.label(error.field), error))
    return _not_sent(row, str(result.error))


def _outcome(result: CreateResult) -> Outcome:
    if result.repeated:
        return Outcome.REPEATED
    return Outcome.SUPPRESSED if result.suppressed else Outcome.RECORDED


def _refused(row: Row, problem: Problem) -> RowResult:
    return _not_sent(row, str(problem), problem.reason_ja)


def _not_sent(row: Row, reason: str, reason_ja: str | None = None) -> RowResult:
    tag = str(row.arguments.get("client_tag", ""))
    return RowResult(row.number, Outcome.REFUSED, tag, reason, reason_ja or reason)
