"""Checks the rows of a CSV file for `send-csv --dry-run`, without Redis. `dry_run_view.py` prints the results."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from zettai.core.new_message import NewMessage
from zettai.core.phone_numbers import mask
from zettai.core.text import Finding, check_text
from zettai_cli.campaigns.csv_rows import WHOLE_ROW, Problem, Row

VALID_EXPIRES_IN = timedelta(days=1)
"""For rows without `expires_in`. When they are sent, they get the setting instead."""

MASKED_LENGTH = 20
"""Characters of an invalid phone number that are shown, masked."""


@dataclass(frozen=True, slots=True)
class RowCheck:
    """The result for one row.

    Attributes:
        line: number of its first line in the file.
        to: its phone number, masked; "" without one.
        problems: why `send` would reject it, one for each field.
        parts: the estimated number of billed parts; 0 if the row would be rejected.
        findings: characters that may not arrive as written.
    """

    line: int
    to: str
    problems: tuple[Problem, ...]
    parts: int = 0
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        if self.problems:
            wrong = [problem.to_dict() for problem in self.problems]
            return {"line": self.line, "ok": False, "to": self.to, "error": str(self.problems[0]), "problems": wrong}
        findings = [finding.to_dict() for finding in self.findings]
        return {"line": self.line, "ok": True, "to": self.to, "estimated_parts": self.parts, "findings": findings}


@dataclass(slots=True)
class Totals:
    """The totals of a file.

    Attributes:
        good: number of rows that `send` would accept.
        bad: number of rows that it would reject.
        doubtful: number of good rows with characters that may not arrive as written.
        parts: the estimated number of billed parts of the good rows.
        longest: the largest number of parts of one row.
        last_line: first line of the last row.
    """

    good: int = 0
    bad: int = 0
    doubtful: int = 0
    parts: int = 0
    longest: int = 0
    last_line: int = 0

    def add(self, row: RowCheck) -> None:
        """Add one row."""
        self.last_line = row.line
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


def check_rows(rows: Iterable[Row]) -> Iterator[RowCheck]:
    """Yield the result for each row."""
    for row in rows:
        yield _check(row)


def _check(row: Row) -> RowCheck:
    to, wrong = _masked(row.arguments.get("to", "")), _problems(row)
    if wrong:
        return RowCheck(row.line, to, wrong)
    check = check_text(row.arguments["body"])
    return RowCheck(row.line, to, (), check.parts, check.findings)


def _problems(row: Row) -> tuple[Problem, ...]:
    """Return the fields that cannot be parsed, then those that are invalid. Each field comes once."""
    unparsed = {problem.field for problem in row.problems}
    if WHOLE_ROW in unparsed:
        return row.problems
    wrong = NewMessage.problems({"expires_in": VALID_EXPIRES_IN, **row.arguments})
    return (*row.problems, *(Problem(one.field, one.reason) for one in wrong if one.field not in unparsed))


def _masked(to: str) -> str:
    """Return the number masked, or "" if it has control characters, which could harm a terminal."""
    return mask(to[:MASKED_LENGTH]) if to.isprintable() and to else ""
