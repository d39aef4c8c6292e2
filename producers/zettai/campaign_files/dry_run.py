"""Checks the rows of a file for `send-csv --dry-run`, without Redis. `dry_run_view.py` prints the results."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zettai.campaign_files.columns import Columns
from zettai.campaign_files.rows import WHOLE_ROW, Problem, Row
from zettai.client import SmsClient
from zettai.core.phone_numbers import mask
from zettai.core.text import Finding, check_text

MASKED_LENGTH = 20
"""Characters of an invalid phone number that are shown, masked."""


@dataclass(frozen=True, slots=True)
class RowCheck:
    """The result for one row.

    Attributes:
        number: its number in the file.
        to: its phone number, masked; "" without one.
        problems: why `send` would reject it, one for each field.
        parts: the estimated number of billed parts; 0 if the row would be rejected.
        findings: characters that may not arrive as written.
        body: the text of a good row, for the preview.
        send_at: when a good row is sent, if it says so.
    """

    number: int
    to: str
    problems: tuple[Problem, ...]
    parts: int = 0
    findings: tuple[Finding, ...] = ()
    body: str = field(default="", repr=False)
    send_at: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        if self.problems:
            wrong = [problem.to_dict() for problem in self.problems]
            return {"row": self.number, "ok": False, "to": self.to, "error": str(self.problems[0]), "problems": wrong}
        findings = [finding.to_dict() for finding in self.findings]
        return {"row": self.number, "ok": True, "to": self.to, "estimated_parts": self.parts, "findings": findings}


@dataclass(slots=True)
class Totals:
    """The totals of a file.

    Attributes:
        good: number of rows that `send` would accept.
        bad: number of rows that it would reject.
        doubtful: number of good rows with characters that may not arrive as written.
        parts: the estimated number of billed parts of the good rows.
        longest: the largest number of parts of one row.
        last_row: number of the last row.
    """

    good: int = 0
    bad: int = 0
    doubtful: int = 0
    parts: int = 0
    longest: int = 0
    last_row: int = 0

    def add(self, row: RowCheck) -> None:
        """Add one row."""
        self.last_row = row.number
        if row.problems:
            self.bad += 1
            return
        self.good += 1
        self.doubtful += bool(row.findings)
        self.parts += row.parts
        self.longest = max(self.longest, row.parts)

    def to_dict(self) -> dict[str, int]:
        """Return the values for JSON."""
        return {
            "good": self.good,
            "bad": self.bad,
            "doubtful": self.doubtful,
            "estimated_parts": self.parts,
            "longest": self.longest,
        }


def check_rows(client: SmsClient, rows: Iterable[Row], columns: Columns) -> Iterator[RowCheck]:
    """Yield the result for each row. The client checks it, and is not connected for that."""
    for row in rows:
        yield _check(client, row, columns)


def _check(client: SmsClient, row: Row, columns: Columns) -> RowCheck:
    to, wrong = _masked(row.arguments.get("to", "")), _problems(client, row, columns)
    if wrong:
        return RowCheck(row.number, to, wrong)
    body = row.arguments["body"]
    check = check_text(body)
    return RowCheck(row.number, to, (), check.parts, check.findings, body, row.arguments.get("send_at"))


def _problems(client: SmsClient, row: Row, columns: Columns) -> tuple[Problem, ...]:
    """Return the columns that cannot be read, then those with an invalid value."""
    if any(problem.field == WHOLE_ROW for problem in row.problems):
        return row.problems
    wrong = client.problems(**row.arguments)
    invalid = (Problem.of_argument(columns.label(one.field), one) for one in wrong if one.field in row.arguments)
    return (*row.problems, *invalid)


def _masked(to: str) -> str:
    """Return the number masked, or "" if it has control characters, which could harm a terminal."""
    return mask(to[:MASKED_LENGTH]) if to.isprintable() and to else ""
