"""The command `send-csv`: reads the file, and has its rows checked or sent."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import typer

from zettai import InvalidMessage, Lane, Settings, SmsClient
from zettai.campaign_files.columns import BadHeader, Columns, parse_mapping
from zettai.campaign_files.dry_run import Totals
from zettai.campaign_files.opening import open_rows
from zettai.campaign_files.row_results import Results
from zettai.campaign_files.runs import tag_prefix_of
from zettai.campaign_files.tables.table import Table, UnreadableFile
from zettai.core.templates import Template
from zettai_cli.campaigns.send_csv import options
from zettai_cli.campaigns.send_csv.confirmation import confirm_run, remember_run
from zettai_cli.campaigns.send_csv.dry_run_view import print_dry_run
from zettai_cli.campaigns.send_csv.sending import send_rows
from zettai_cli.campaigns.send_csv.stopping import say_where_it_stopped
from zettai_cli.shared.console_words import window_text
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say
from zettai_cli.shared.option_groups import with_options
from zettai_cli.shared.options import AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.table_files import with_progress


@with_options(text=options.common_text, defaults=options.defaults, limits=options.limits, reading=options.table_options)
def send_csv(
    file: options.File,
    *,
    text: str | None,
    mapping: options.Mapped = None,
    tag_prefix: options.TagPrefix = None,
    defaults: Mapping[str, Any],
    limits: Mapping[str, Any] | None,
    reading: options.TableOptions,
    result: options.ResultFile = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Send one SMS for each row of a CSV or Excel file. Bad rows are reported, and all other rows are sent.

    The columns are the arguments of `send`, or have a common name such as 電話番号 or 本文. Only a phone number and a
    text are required; --body gives one text with fields for all rows. Other columns are ignored. A file is sent once,
    however often you run this. With --json the command prints one JSON document for each row.
    """
    _check_options(file, defaults, limits, result, dry_run=dry_run)
    output = Output(as_json=as_json)
    results: Results | Totals = Totals() if dry_run else Results()
    prefix = tag_prefix or tag_prefix_of(file, reading.sheet, text)
    try:
        template = None if text is None else Template.parse(text)
        opened = open_rows(
            file,
            tag_prefix=prefix,
            defaults=defaults,
            template=template,
            mapping=parse_mapping(mapping or []),
            encoding=reading.encoding,
            sheet=reading.sheet,
            allow_duplicates=reading.allow_duplicates or reading.only_row is not None,
        )
        with _readable(file), opened as (table, reader):
            columns = reader.columns
            output.show({"file": {"form": table.form, **columns.to_dict()}}, _form_text(file, table, columns))
            rows = reader.read(_selected(table, file.name, reading.only_row))
            with say_where_it_stopped(results, prefix):
                if isinstance(results, Totals):
                    # A client with ZETTAI_DURABLE connects at once, and a dry run needs no Redis.
                    with SmsClient(Settings.load(durable=False)) as client:
                        print_dry_run(client, rows, columns, results, output)
                else:
                    remember = None
                    if tag_prefix is None and reading.only_row is None:
                        confirm_run(file, prefix, output, yes=yes)
                        remember = partial(remember_run, file, prefix)
                    if limits is not None:
                        _limit(defaults["group"], limits, output)
                    send_rows(rows, columns, results, output, result=result, begin=remember)
    except (BadHeader, InvalidMessage) as error:
        raise typer.BadParameter(str(error)) from None
    return ExitCode.NO if results.bad else ExitCode.OK


def _check_options(
    file: Path,
    defaults: Mapping[str, Any],
    limits: Mapping[str, Any] | None,
    result: Path | None,
    *,
    dry_run: bool,
) -> None:
    """Refuse options that do not fit together."""
    if not file.is_file():
        raise typer.BadParameter(say("{file} is not a regular file, and a file is read more than once", file=file))
    if limits is not None and ("group" not in defaults or defaults["lane"] is Lane.URGENT):
        raise typer.BadParameter(
            say("--rate, --between, --days and --no-holidays need --group, and another lane than urgent")
        )
    if dry_run and result is not None:
        raise typer.BadParameter(say("--result is for a run that sends; --dry-run --json shows each row"))


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Fail with one line if the file cannot be read."""
    try:
        yield
    except UnreadableFile as error:
        raise Failure(
            say("{name} cannot be read: {error}; nothing was sent", name=file.name, error=translate(str(error)))
        ) from None


def _form_text(file: Path, table: Table, columns: Columns) -> str:
    ignored = say("; not used: {names}", names=", ".join(columns.ignored)) if columns.ignored else ""
    return f"{file.name}: {translate(table.form)}; {columns.describe()}{ignored}"


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


def _limit(group: str, limits: Mapping[str, Any], output: Output) -> None:
    """Set how fast and when the messages are sent, before the first one is recorded."""
    with SmsClient.from_env() as client:
        status = client.campaigns.set(group, **limits)
    window = window_text(status.window) if status.window else None
    shown = ", ".join(text for text in (status.pace, window) if text)
    output.show(
        {"campaign": status.to_dict()},
        say("the group {group} is sent with these limits: {limits}", group=group, limits=shown),
    )
