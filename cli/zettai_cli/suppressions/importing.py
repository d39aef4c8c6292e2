"""The command `suppressions import`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from zettai import LedgerUnavailable, SmsClient, Suppressions
from zettai.campaign_files.tables.opening import open_table
from zettai.campaign_files.tables.table import UnreadableFile
from zettai.core.store.audit import AuditAction
from zettai.core.store.scripts import BATCH
from zettai_cli.shared.audit import audit
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.table_files import Encoding, Sheet, checked_encoding, with_progress
from zettai_cli.shared.tables import columns
from zettai_cli.suppressions.files import BadFile, Line, read_lines
from zettai_cli.suppressions.options import Scope, Source

LISTED = 20
"""Bad lines that are listed for people. JSON has all."""


class Totals:
    """Counts what became of the lines, and keeps the first bad ones to list them."""

    def __init__(self) -> None:
        self.added = 0
        self.known = 0
        self.bad = 0
        self.last_line = 0
        self.problems: list[tuple[int, str]] = []

    def add(self, line: int, problem: str | None, *, added: bool) -> None:
        """Count a line."""
        self.last_line = line
        self.added += added
        self.bad += problem is not None
        self.known += not added and problem is None
        if problem is not None and len(self.problems) < LISTED:
            self.problems.append((line, problem))

    def to_dict(self) -> dict[str, int]:
        """Return the values for JSON."""
        return {"added": self.added, "known": self.known, "bad": self.bad}


def import_numbers(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV or .xlsx file, or an export."),
    ],
    *,
    scope: Scope = "all",
    source: Source = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Add the numbers of a file to the suppression list. Bad lines are reported, and all others are added.

    The first line may name the columns number, scope and source; without it, the numbers are in the first column.
    --scope and --source apply to lines that have none. It is safe to run the command again. A file that
    suppressions export has written is read too.
    """
    output, totals, encoding = Output(as_json=as_json), Totals(), checked_encoding(encoding)
    audit(AuditAction.IMPORT_SUPPRESSIONS, scope=scope, source=source)
    with SmsClient.from_env() as client:
        try:
            lines = _lines(file, encoding, sheet, client.suppressions.fingerprint)
            for line, added, problem in _add_all(client.suppressions, lines, scope, source):
                totals.add(line, problem, added=added)
                if as_json and problem is not None:
                    output.json_line({"line": line, "error": problem})
        except BadFile as error:
            raise Failure(str(error), ExitCode.USAGE) from None
        except UnreadableFile as error:
            raise Failure(_stopped_text(totals, translate(str(error)))) from None
        except LedgerUnavailable:
            raise Failure(_stopped_text(totals, say("Redis does not answer")), ExitCode.UNAVAILABLE) from None
    _print_totals(output, totals)
    return ExitCode.NO if totals.bad else ExitCode.OK


def _lines(file: Path, encoding: str | None, sheet: str | None, fingerprint: str) -> Iterator[Line]:
    with open_table(file, encoding=encoding, sheet=sheet) as table:
        yield from read_lines(with_progress(table, file.name), fingerprint)


def _add_all(
    suppressions: Suppressions, lines: Iterable[Line], scope: str, source: str | None
) -> Iterator[tuple[int, bool, str | None]]:
    """Add lines in batches. Yield for each its number, whether it was added, and its problem."""
    rest = iter(lines)
    while batch := list(islice(rest, BATCH)):
        numbers = iter(suppressions.add_many([one.arguments for one in batch if one.arguments], scope, source=source))
        restored = iter(_restore(suppressions, batch))
        for one in batch:
            if one.problem is not None:
                yield one.line, False, one.problem
            elif one.hashed is not None:
                yield one.line, next(restored), None
            else:
                result = next(numbers)
                yield one.line, result.added, str(result.error) if result.error else None


def _restore(suppressions: Suppressions, batch: Sequence[Line]) -> list[bool]:
    hashed = [one.hashed for one in batch if one.hashed is not None]
    return suppressions.restore(hashed) if hashed else []


def _stopped_text(totals: Totals, reason: str) -> str:
    return say(
        "stopped after line {last_line}: {reason}; then run the command again",
        last_line=totals.last_line,
        reason=reason,
    )


def _print_totals(output: Output, totals: Totals) -> None:
    text = say(
        "{added:,} added, {known:,} known already, {bad:,} bad", added=totals.added, known=totals.known, bad=totals.bad
    )
    output.show(totals.to_dict(), text)
    if totals.problems:
        table = columns("line", "problem", numbers={"line"})
        for line, problem in totals.problems:
            table.add_row(str(line), translate(problem))
        output.text(table)
    if totals.bad > len(totals.problems):
        output.text(say("… and {count:,} more; use --json to list all", count=totals.bad - len(totals.problems)))
