"""The command `send-csv`: many messages out of a file, however long it is."""

import codecs
import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.progress import Progress
from rich.table import Table

from zettai import Lane, LedgerUnavailable, Message, SmsClient
from zettai_cli.campaigns.dry_run import Totals
from zettai_cli.campaigns.dry_run_view import check
from zettai_cli.campaigns.rows import BadHeader, Row, read_rows
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.output import AsJson, Output, console

SHOWN = 20
"""Bad rows that are listed to people; JSON has them all."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row: a message, or a problem."""

    line: int
    message: Message | None = None
    problem: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        if self.message is None or self.problem is not None:
            return {"line": self.line, "ok": False, "error": self.problem}
        return {"line": self.line, "ok": True, "client_tag": self.message.client_tag, "state": self.message.state}


class Tally:
    """Counts outcomes, and keeps the bad ones that people get to see."""

    def __init__(self) -> None:
        self.good = 0
        self.bad = 0
        self.last_line = 0
        self.problems: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        self.last_line = outcome.line
        if outcome.problem is None:
            self.good += 1
            return
        self.bad += 1
        if len(self.problems) < SHOWN:
            self.problems.append(outcome)


def send_csv(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="CSV with a header line.")],
    *,
    tag_prefix: Annotated[
        str | None,
        typer.Option(
            metavar="P", help="Tag rows P-LINE: the same unchanged file, run again, sends each row once. Recommended."
        ),
    ] = None,
    lane: Annotated[Lane, typer.Option(help="For rows that name none.")] = Lane.BULK,
    group: Annotated[str | None, typer.Option(help="For rows that name none.")] = None,
    encoding: Annotated[str, typer.Option(help="Such as cp932, for files out of Excel in Japan.")] = "utf-8",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show all bad rows and what the others cost; send nothing.")
    ] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Record a message for each row of a CSV file. A bad row never sinks the rest; JSON is one line a row.

    Columns: to, body, client_tag, send_at, expires_in, lane, group, carrier. Only the first two must be there.
    """
    output, defaults = Output(as_json=as_json), {"lane": lane} | ({"group": group} if group else {})
    tally: Tally | Totals = Totals() if dry_run else Tally()
    with _opened(file, encoding) as lines:
        try:
            rows = read_rows(lines, defaults, tag_prefix)
            if isinstance(tally, Totals):
                check(rows, tally, output)
            else:
                _send_all(rows, tally, output)
        except BadHeader as error:
            raise typer.BadParameter(str(error)) from None
        except (csv.Error, UnicodeError) as error:
            raise Failure(_stopped(tally.last_line, _unreadable(error, encoding))) from None
        except LedgerUnavailable:
            raise Failure(_stopped(tally.last_line, "Redis does not answer"), ExitCode.UNAVAILABLE) from None
    return ExitCode.NO if tally.bad else ExitCode.OK


@contextmanager
def _opened(file: Path, encoding: str) -> Iterator[TextIO]:
    """Open the file, and show at a terminal how far it has been read."""
    try:
        TextIOWrapper(BytesIO(), encoding=encoding).close()  # there are codecs that make no text
        codec = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise typer.BadParameter(f"{encoding!r} is no encoding; try utf-8 or cp932") from None
    screen = console(stderr=True)
    with (
        Progress(console=screen, disable=not screen.is_terminal, transient=True) as progress,
        progress.open(
            file,
            "r",
            # With or without the mark that Excel puts before the first column's name.
            encoding="utf-8-sig" if codec == "utf-8" else codec,
            newline="",
            description=file.name,
        ) as lines,
    ):
        yield lines


def _send_all(rows: Iterable[Row], tally: Tally, output: Output) -> None:
    for outcome in _send(rows):
        tally.add(outcome)
        if output.as_json:
            output.line(outcome.to_dict())
    _tell(output, tally)


def _send(rows: Iterable[Row]) -> Iterator[Outcome]:
    """Record the rows that make messages; the others pass by in their order."""
    read: deque[Row] = deque()

    def good() -> Iterator[Mapping[str, Any]]:
        for row in rows:
            read.append(row)
            if row.problem is None:
                yield row.keywords

    with SmsClient.from_env() as client:
        for result in client.send_many(good()):
            while (row := read.popleft()).problem is not None:
                yield Outcome(row.line, problem=row.problem)
            yield Outcome(row.line, result.message, str(result.error) if result.error else None)
    yield from (Outcome(row.line, problem=row.problem) for row in read)


def _unreadable(error: csv.Error | UnicodeError, encoding: str) -> str:
    if isinstance(error, UnicodeError):
        return f"what follows is not {encoding}; give the right --encoding, such as cp932"
    return f"what follows is no CSV ({error}); put it right"


def _stopped(last_line: int, reason: str) -> str:
    """The rows after the last one that was answered may or may not be recorded: the same tags make that harmless."""
    return f"stopped after line {last_line}: {reason}; then run the file again, with the same --tag-prefix"


def _tell(output: Output, tally: Tally) -> None:
    """Print the sums for people, and what is wrong with which line."""
    output.text(f"{tally.good:,} recorded; {tally.bad:,} bad")
    if tally.problems:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("line", justify="right")
        table.add_column("problem", overflow="fold")
        for outcome in tally.problems:
            table.add_row(str(outcome.line), outcome.problem)
        output.text(table)
    if tally.bad > len(tally.problems):
        output.text(f"… and {tally.bad - len(tally.problems):,} more; --json prints them all")
