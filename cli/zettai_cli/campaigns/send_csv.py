"""The command `send-csv`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from zettai import InvalidMessage, Lane, LedgerUnavailable, SmsClient
from zettai.campaign_files.columns import BadHeader, Columns, parse_mapping
from zettai.campaign_files.dry_run import Totals
from zettai.campaign_files.duplicates import FirstRows
from zettai.campaign_files.row_results import Outcome, Results, record_rows
from zettai.campaign_files.rows import Row, RowReader
from zettai.campaign_files.runs import tag_prefix_of
from zettai.campaign_files.tables.opening import open_table
from zettai.campaign_files.tables.table import Table, UnreadableFile
from zettai.campaign_files.tables.text_files import known_encoding, read_text
from zettai.core.templates import Template
from zettai_cli.campaigns.confirmation import confirm_run, remember_run
from zettai_cli.campaigns.control.options import Between, Days, NoHolidays, Rate
from zettai_cli.campaigns.dry_run_view import print_dry_run
from zettai_cli.campaigns.progress import with_progress
from zettai_cli.campaigns.result_file import result_file
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.language import is_japanese, say
from zettai_cli.shared.options import AsJson, SendingLane
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import text_or_stdin
from zettai_cli.shared.tables import columns as table_of

UNCONTROLLED = {"rate": None, "between": None, "days": None, "holidays": True}
"""The control of a run without limits: that of its group stays."""


def send_csv(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV or .xlsx file with a header.")
    ],
    *,
    body: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="The text of all messages, such as '{{名前}} 様', or - to read it from stdin."
        ),
    ] = None,
    body_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="A file with the text of all messages."),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="HEADER=ARGUMENT", help="What a column is. You can give it several times."),
    ] = None,
    tag_prefix: Annotated[
        str | None,
        typer.Option(
            metavar="P",
            help="Give rows the tag P-ROW: each row is sent once. By default P is made from the content of the file.",
        ),
    ] = None,
    lane: SendingLane = Lane.BULK,
    group: Annotated[str | None, typer.Option(help="The group of rows that have none.")] = None,
    account: Annotated[
        str | None, typer.Option(help="The account of the rows. By default that of their sender code.")
    ] = None,
    rate: Rate = None,
    between: Between = None,
    days: Days = None,
    no_holidays: NoHolidays = False,
    encoding: Annotated[
        str | None, typer.Option(help="The encoding of a CSV file. By default it is detected.", show_default=False)
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of an .xlsx file. By default the first one.")] = None,
    only_row: Annotated[
        int | None, typer.Option(metavar="ROW", min=2, help="Send only this row, as a test. The header is row 1.")
    ] = None,
    allow_duplicates: Annotated[
        bool, typer.Option("--allow-duplicates", help="Also send rows whose number or tag an earlier row has.")
    ] = False,
    result: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the result of each row to this CSV file.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing. Show the first texts, all bad rows, and the cost.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a file is sent again.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Send one SMS for each row of a CSV or Excel file. Bad rows are reported, and all other rows are sent.

    The columns are the arguments of `send`, or have a common name such as 電話番号 or 本文. Only a phone number and a
    text are required; --body gives one text with fields for all rows. Other columns are ignored. A file is sent once,
    however often you run this. With --json the command prints one JSON document for each row.
    """
    output, defaults = Output(as_json=as_json), {"lane": lane, "group": group, "account": account}
    defaults = {name: value for name, value in defaults.items() if value is not None}
    results: Results | Totals = Totals() if dry_run else Results()
    if not file.is_file():
        raise typer.BadParameter(say("{file} is not a regular file, and a file is read more than once", file=file))
    control = {"rate": rate, "between": between, "days": days, "holidays": not no_holidays}
    is_controlled = control != UNCONTROLLED
    if is_controlled and (group is None or lane is Lane.URGENT):
        raise typer.BadParameter(
            say("--rate, --between, --days and --no-holidays need --group, and another lane than urgent")
        )
    if dry_run and result is not None:
        raise typer.BadParameter(say("--result is for a run that sends; --dry-run --json shows each row"))
    try:
        text = _text(body, body_file)
        prefix = tag_prefix or tag_prefix_of(file, sheet, text)
        template = None if text is None else Template.parse(text)
        with _open(file, _encoding(encoding), sheet) as table, closing(FirstRows()) as first_rows:
            columns = Columns.read(
                next(table.rows, (1, []))[1], parse_mapping(mapping or []), template.fields if template else None
            )
            output.show({"file": {"form": table.form, **columns.to_dict()}}, _form_text(file, table, columns))
            seen = None if allow_duplicates or only_row else first_rows
            rows = RowReader(columns, defaults, template, prefix, seen).read(_selected(table, file.name, only_row))
            with _stops(results, prefix):
                if is_controlled and group is not None and not dry_run:
                    _control(group, control, output)
                if isinstance(results, Totals):
                    print_dry_run(rows, columns, results, output)
                elif tag_prefix is None and only_row is None:
                    confirm_run(file, prefix, output, yes=yes)
                    _send(rows, columns, results, output, result=result, begin=lambda: remember_run(file, prefix))
                else:
                    _send(rows, columns, results, output, result=result)
    except (BadHeader, InvalidMessage) as error:
        raise typer.BadParameter(str(error)) from None
    return ExitCode.NO if results.bad else ExitCode.OK


def _control(group: str, control: Mapping[str, Any], output: Output) -> None:
    """Set how fast and when the messages are sent, before the first one is recorded."""
    with SmsClient.from_env() as client:
        status = client.campaigns.set(group, **control)
    limits = ", ".join(text for text in (status.pace, status.window) if text)
    output.show(
        {"campaign": status.to_dict()},
        say("the group {group} is sent with these limits: {limits}", group=group, limits=limits),
    )


@contextmanager
def _open(file: Path, encoding: str | None, sheet: str | None) -> Iterator[Table]:
    """Open the table, and read its header."""
    try:
        with open_table(file, encoding=encoding, sheet=sheet) as table:
            yield table
    except UnreadableFile as error:
        raise Failure(say("{name} cannot be read: {error}; nothing was sent", name=file.name, error=error)) from None


@contextmanager
def _stops(results: Results | Totals, tag_prefix: str) -> Iterator[None]:
    """Say which rows are done when the command stops early. With the same tags they are not sent twice."""
    try:
        yield
    except UnreadableFile as error:
        raise Failure(_stopped_text(results, str(error), tag_prefix)) from None
    except LedgerUnavailable:
        text = _stopped_text(results, say("Redis does not answer"), tag_prefix)
        raise Failure(text, ExitCode.UNAVAILABLE) from None
    except KeyboardInterrupt:
        raise Failure(_stopped_text(results, say("interrupted"), tag_prefix), ExitCode.INTERRUPTED) from None


def _text(body: str | None, body_file: Path | None) -> str | None:
    """Return the text of all messages, or None if the file has the texts."""
    if body is not None and body_file is not None:
        raise typer.BadParameter(say("give either --body or --body-file"))
    text = text_or_stdin(body) if body is not None else read_text(body_file) if body_file is not None else None
    return None if text is None else text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def _encoding(name: str | None) -> str | None:
    """Return the encoding that the user gave, by Python's name."""
    try:
        return None if name is None else known_encoding(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _selected(table: Table, name: str, only_row: int | None) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows to send."""
    for number, cells in with_progress(table, name):
        if only_row is None:
            yield number, cells
        elif number >= only_row:
            if number > only_row:
                break
            yield number, cells
            return
    if only_row is not None:
        raise BadHeader(say("the file has no row {only_row}, or it is empty; nothing was sent", only_row=only_row))


def _send(
    rows: Iterable[Row],
    columns: Columns,
    results: Results,
    output: Output,
    *,
    result: Path | None,
    begin: Callable[[], None] = lambda: None,
) -> None:
    """Record the rows. Print and write their results.

    Args:
        rows: of the file.
        columns: of the file.
        results: counts the results.
        output: prints them.
        result: the result file.
        begin: called when nothing but Redis can hinder the first row.
    """
    with SmsClient.from_env() as client, result_file(result) as write:
        begin()
        for one in record_rows(client, rows, columns):
            results.add(one)
            write(one)
            if output.as_json:
                output.json_line(one.to_dict())
    output.show({"total": results.to_dict()}, _totals_text(results))
    if results.problems:
        table = table_of("row", "problem", numbers={"row"})
        for problem in results.problems:
            table.add_row(str(problem.number), problem.reason_ja if is_japanese() else problem.reason)
        output.text(table)
    if results.bad > len(results.problems):
        output.text(
            say("… and {count:,} more; use --result or --json to list all", count=results.bad - len(results.problems))
        )


def _form_text(file: Path, table: Table, columns: Columns) -> str:
    return f"{file.name}: {table.form}; {columns.describe()}"


def _stopped_text(results: Results | Totals, reason: str, tag_prefix: str) -> str:
    if isinstance(results, Totals):
        return say("stopped after row {last_row}: {reason}", last_row=results.last_row, reason=reason)
    recorded = sum(results.counts.values()) - results.bad
    return say(
        "stopped after row {last_row}, at least {recorded:,} messages are recorded: {reason}; then run it again with "
        "--tag-prefix {tag_prefix}: no row is sent twice",
        last_row=results.last_row,
        recorded=recorded,
        reason=reason,
        tag_prefix=tag_prefix,
    )


def _totals_text(results: Results) -> str:
    repeated = results.counts[Outcome.REPEATED]
    before = say("{repeated:,} recorded before and not sent again, ", repeated=repeated) if repeated else ""
    suppressed = results.counts[Outcome.SUPPRESSED]
    canceled = (
        say("{suppressed:,} canceled because their numbers are suppressed, ", suppressed=suppressed)
        if suppressed
        else ""
    )
    return say(
        "{count:,} recorded, {before}{canceled}{bad:,} bad",
        count=results.counts[Outcome.RECORDED],
        before=before,
        canceled=canceled,
        bad=results.bad,
    )
