"""The dry run of `send-csv`: what each row would come to, without Redis. How it is printed is not known here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from zettai.core.new_message import NewMessage
from zettai.core.phone_numbers import mask
from zettai.core.text import Finding, check_text
from zettai_cli.campaigns.rows import WHOLE_ROW, Problem, Row

SOME_TIME = timedelta(days=1)
"""Stands for the setting that a row without `expires_in` gets when it is sent."""


LONGEST = 20
"""Characters of what a row gives as its number, that are counted for its mask."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a row would come to.

    Attributes:
        line: of the file, at which it begins.
        to: its number, masked; "" where it has none.
        problems: why `send` would refuse it, field by field.
        parts: that would be billed, as estimated; 0 where it would be refused.
        findings: what in its text may not arrive as it was written.
    """

    line: int
    to: str
    problems: tuple[Problem, ...]
    parts: int = 0
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        if self.problems:
            wrong = [problem.to_dict() for problem in self.problems]
            return {"line": self.line, "ok": False, "to": self.to, "error": str(self.problems[0]), "problems": wrong}
        findings = [finding.to_dict() for finding in self.findings]
        return {"line": self.line, "ok": True, "to": self.to, "estimated_parts": self.parts, "findings": findings}


@dataclass(slots=True)
class Totals:
    """The sums of a file.

    Attributes:
        good: rows that `send` would take.
        bad: rows that it would refuse.
        doubtful: good ones of which something may not arrive as it was written.
        parts: that the good ones would be billed as, as estimated.
        longest: the most parts of one of them.
        last_line: at which the row counted last begins.
    """

    good: int = 0
    bad: int = 0
    doubtful: int = 0
    parts: int = 0
    longest: int = 0
    last_line: int = 0

    def add(self, row: Examined) -> None:
        """Count one more."""
        self.last_line = row.line
        if row.problems:
            self.bad += 1
            return
        self.good += 1
        self.doubtful += bool(row.findings)
        self.parts += row.parts
        self.longest = max(self.longest, row.parts)

    def to_dict(self) -> dict[str, int]:
        """Ready for JSON."""
        return {
            "good": self.good,
            "bad": self.bad,
            "doubtful": self.doubtful,
            "estimated_parts": self.parts,
            "longest": self.longest,
        }


def examine(rows: Iterable[Row]) -> Iterator[Examined]:
    """See what rows would come to, one by one."""
    for row in rows:
        yield _examined(row)


def _examined(row: Row) -> Examined:
    to, wrong = _masked(row.keywords.get("to", "")), _problems(row)
    if wrong:
        return Examined(row.line, to, wrong)
    check = check_text(row.keywords["body"])
    return Examined(row.line, to, (), check.parts, check.findings)


def _problems(row: Row) -> tuple[Problem, ...]:
    """What could not be read, then what could be and is wrong: each field once."""
    unread = {problem.field for problem in row.problems}
    if WHOLE_ROW in unread:
        return row.problems
    wrong = NewMessage.problems({"expires_in": SOME_TIME, **row.keywords})
    return (*row.problems, *(Problem(one.field, one.reason) for one in wrong if one.field not in unread))


def _masked(to: str) -> str:
    """A number as it may be shown; of what is none, nothing that could harm a terminal."""
    return mask(to[:LONGEST]) if to.isprintable() and to else ""
