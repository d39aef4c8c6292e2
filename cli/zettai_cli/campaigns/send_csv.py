"""The command `send-csv`."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from zettai import Lane, LedgerUnavailable, Message, SmsClient
from zettai_cli.campaigns.csv_rows import BadHeader, Row, read_rows
from zettai_cli.campaigns.dry_run import Totals
from zettai_cli.campaigns.dry_run_view import print_dry_run
from zettai_cli.shared.csv_files import open_csv
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.options import AsJson, SendingLane
from zettai_cli.shared.output import Output
from zettai_cli.shared.tables import columns

LISTED = 20
"""Bad rows that are listed for people. JSON has all."""


@dataclass(frozen=True, slots=True)
class RowResult:
    """The message that was recorded for a row, or its problem."""

    line: int
    message: Message | None = None
    problem: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        if self.message is None or self.problem is not None:
            return {"line": self.line, "ok": False, "error": self.problem}
        return {"line": self.line, "ok": True, "client_tag": self.message.client_tag, "state": self.message.state}


class Results:
    """Counts the results of all rows, and keeps the first bad ones to list them."""

    def __init__(self) -> None:
        self.good = 0
        self.bad = 0
        self.suppressed = 0
        self.last_line = 0
        self.problems: list[RowResult] = []

    def add(self, result: RowResult) -> None:
        """Add one result."""
        self.last_line = result.line
        if result.problem is None:
            self.good += 1
            self.suppressed += result.message is not None and result.message.is_suppressed
            return
        self.bad += 1
        if len(self.problems) < LISTED:
            self.problems.append(result)


def send_csv(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV file with a header line.")
    ],
    *,
    tag_prefix: Annotated[
        str | None,
        typer.Option(
            metavar="P",
            help="Give rows the tag P-LINE. Then you can run an unchanged file again: each row is sent once.",
        ),
    ] = None,
    lane: SendingLane = Lane.BULK,
    group: Annotated[str | None, typer.Option(help="The group of rows that have none.")] = None,
    encoding: Annotated[
        str, typer.Option(help="The encoding of the file, such as cp932 for files from Excel in Japan.")
    ] = "utf-8",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing. Show all bad rows, and the cost of the others.")
    ] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Send one SMS for each row of a CSV file. Bad rows are reported, and all other rows are sent.

    The columns are to, body, client_tag, send_at, expires_in, lane, group, carrier, sender, category, and metadata.KEY
    for each key of the metadata. Only to and body are required. --lane and --group apply to rows that have none. With
    --json the command prints one JSON document for each row.
    """
    output, defaults = Output(as_json=as_json), {"lane": lane} | ({"group": group} if group else {})
    results: Results | Totals = Totals() if dry_run else Results()
    with open_csv(file, encoding) as lines:
        try:
            rows = read_rows(lines, defaults, tag_prefix)
            if isinstance(results, Totals):
                print_dry_run(rows, results, output)
            else:
                _send_all(rows, results, output)
        except BadHeader as error:
            raise typer.BadParameter(str(error)) from None
        except (csv.Error, UnicodeError) as error:
            raise Failure(_stopped_text(results.last_line, _unreadable_text(error, encoding))) from None
        except LedgerUnavailable:
            raise Failure(_stopped_text(results.last_line, "Redis does not answer"), ExitCode.UNAVAILABLE) from None
    return ExitCode.NO if results.bad else ExitCode.OK


def _send_all(rows: Iterable[Row], results: Results, output: Output) -> None:
    for result in _send(rows):
        results.add(result)
        if output.as_json:
            output.json_line(result.to_dict())
    _print_totals(output, results)


def _send(rows: Iterable[Row]) -> Iterator[RowResult]:
    """Record the good rows. Yield the results of all rows in their order."""
    read: deque[Row] = deque()

    def good_arguments() -> Iterator[Mapping[str, Any]]:
        for row in rows:
            read.append(row)
            if row.problem is None:
                yield row.arguments

    with SmsClient.from_env() as client:
        for result in client.send_many(good_arguments()):
            while (row := read.popleft()).problem is not None:
                yield RowResult(row.line, problem=row.problem)
            yield RowResult(row.line, result.message, str(result.error) if result.error else None)
    yield from (RowResult(row.line, problem=row.problem) for row in read)


def _unreadable_text(error: csv.Error | UnicodeError, encoding: str) -> str:
    if isinstance(error, UnicodeError):
        return f"the next line is not {encoding}; give the right --encoding, such as cp932"
    return f"the next line is not valid CSV ({error}); correct it"


def _stopped_text(last_line: int, reason: str) -> str:
    """Rows after this line may already be recorded. With the same tags they are not sent twice."""
    return f"stopped after line {last_line}: {reason}; then run the file again with the same --tag-prefix"


def _print_totals(output: Output, results: Results) -> None:
    """Print the totals and the first bad rows for people."""
    suppressed = f" ({results.suppressed:,} of them canceled, because the number is suppressed)"
    output.text(f"{results.good:,} recorded{suppressed if results.suppressed else ''}, {results.bad:,} bad")
    if results.problems:
        table = columns("line", "problem", numbers={"line"})
        for result in results.problems:
            table.add_row(str(result.line), result.problem)
        output.text(table)
    if results.bad > len(results.problems):
        output.text(f"… and {results.bad - len(results.problems):,} more; use --json to list all")
