"""The command `export`."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from zettai import Message
from zettai.core.store.audit import AuditAction
from zettai_cli.messages.csv_rows import write_messages
from zettai_cli.messages.filters import filters
from zettai_cli.messages.selection import Selection, select
from zettai_cli.shared.audit import audit
from zettai_cli.shared.csv_files import write_csv
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.option_groups import with_options
from zettai_cli.shared.options import AsJson, WithNumbers
from zettai_cli.shared.output import Output, console
from zettai_cli.shared.store import open_stores

COLUMNS = (
    "client_tag",
    "to",
    "lane",
    "state",
    "since",
    "reason",
    "group",
    "carrier",
    "carrier_found",
    "sender",
    "account",
    "metadata",
    "category",
    "created_by",
    "created_at",
    "send_at",
    "sent_at",
    "expires_at",
    "attempts",
    "parts",
    "detail",
    "overdue",
    "cancel_requested",
    "requeued_as",
    "requeued_from",
    "replaced_by",
    "replaces",
    "erased",
    "sealed",
    "contradicted",
)
"""The fields of a message without its history, with the names that they have in JSON. The metadata is a JSON object."""

PROGRESS_STEP = 500
"""Messages between two updates of the progress line."""


@with_options(selection=filters)
def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The CSV file to write, or - for stdout.")],
    *,
    selection: Selection,
    with_numbers: WithNumbers = False,
    for_excel: Annotated[
        bool, typer.Option("--for-excel", help="Start the file with the mark that Excel needs to read UTF-8.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Export messages to a CSV file in UTF-8, oldest first within a state or a group. The texts are not exported.

    With --group each message is exported once. Without it, a message whose state changes during the export can be
    exported twice.
    """
    if as_json and file == "-":
        raise typer.BadParameter(say("--json needs a file: with - the CSV itself goes to stdout"))
    if with_numbers:
        audit(AuditAction.EXPORT_NUMBERS, command="export", group=selection.group)
    with open_stores(account=selection.account) as stores, write_csv(file, force=force) as target:
        if for_excel:
            target.write("\ufeff")
        messages = _with_progress(select(stores, selection))
        count = write_messages(target, COLUMNS, messages, with_numbers=with_numbers)
    if file != "-":
        Output(as_json=as_json).show(
            {"file": file, "messages": count}, say("{count:,} messages in {file}", count=count, file=file)
        )
    return ExitCode.OK


def _with_progress(messages: Iterable[Message]) -> Iterator[Message]:
    """Show the progress at a terminal."""
    screen = console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} messages"), TimeElapsedColumn())
    with Progress(*columns, console=screen, disable=not screen.is_terminal, transient=True) as progress:
        task = progress.add_task("export", total=None)
        for number, message in enumerate(messages, start=1):
            yield message
            if number % PROGRESS_STEP == 0:
                progress.update(task, completed=number)
