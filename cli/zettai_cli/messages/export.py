"""The command `export`: messages as CSV, however many they are."""

import csv
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from zettai import Message
from zettai_cli.messages.selection import (
    Group,
    OfCarrier,
    OnLane,
    Overdue,
    Selection,
    Since,
    States,
    Until,
    open_store,
    select,
)
from zettai_cli.shared.csv_cells import cell
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.output import AsJson, Output, console

COLUMNS = (
    "client_tag",
    "to",
    "lane",
    "state",
    "since",
    "reason",
    "group",
    "carrier",
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
    "contradicted",
)
"""All that a message has but its history, by the names of its JSON."""

PRIVATE = 0o600
"""The file is its owner's alone: even masked, who was written to is nobody else's affair."""

TOLD_EVERY = 500
"""Messages from one look of the progress line to the next."""


def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where the CSV goes; - is stdout.")],
    *,
    state: States = None,
    group: Group = None,
    lane: OnLane = None,
    carrier: OfCarrier = None,
    since: Since = None,
    until: Until = None,
    overdue: Overdue = False,
    with_numbers: Annotated[bool, typer.Option("--with-numbers", help="Write phone numbers in full.")] = False,
    for_excel: Annotated[bool, typer.Option("--for-excel", help="Begin with the mark by which Excel knows UTF-8.")] = (
        False
    ),
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Write messages to a CSV file in UTF-8, oldest first within a state or a group; texts are not among it.

    With --group each message is there once. Without, one that moves on meanwhile may be there in two of its states.
    """
    if as_json and file == "-":
        raise typer.BadParameter("--json tells what was written where; with - the CSV itself goes to stdout")
    selection = Selection(
        states=tuple(state or ()),
        group=group,
        lane=lane,
        carrier=carrier,
        since=since,
        until=until,
        overdue=overdue,
    )
    with open_store() as store, _opened(file, force=force) as target:
        if for_excel:
            target.write("\ufeff")
        count = _write(target, _counted(select(store, selection)), with_numbers=with_numbers)
    if file != "-":
        Output(as_json=as_json).show({"file": file, "messages": count}, f"{count:,} messages in {file}")
    return ExitCode.OK


def _write(target: TextIO, messages: Iterable[Message], *, with_numbers: bool) -> int:
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for count, message in enumerate(messages, start=1):  # noqa: B007 - the last number is the sum
        shown = message.to_dict() | ({"to": message.to} if with_numbers else {})
        writer.writerow([cell(shown[name]) for name in COLUMNS])
    return count


@contextmanager
def _opened(file: str, *, force: bool) -> Iterator[TextIO]:
    """The target; a file of which only a part was written does not stay behind, and what was there before does."""
    if file == "-":
        yield sys.stdout
        return
    path = Path(file)
    if path.exists() and not path.is_file():
        raise Failure(f"{file} is no ordinary file; - writes to stdout")
    if path.exists() and not force:
        raise Failure(f"{file} is there already; --force writes over it")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.touch(PRIVATE, exist_ok=False)
        with unfinished.open("w", encoding="utf-8") as target:
            yield target
        unfinished.replace(path)
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _counted(messages: Iterable[Message]) -> Iterator[Message]:
    """Tell at a terminal how far it has come."""
    screen = console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} messages"), TimeElapsedColumn())
    with Progress(*columns, console=screen, disable=not screen.is_terminal, transient=True) as progress:
        task = progress.add_task("export", total=None)
        for number, message in enumerate(messages, start=1):
            yield message
            if number % TOLD_EVERY == 0:
                progress.update(task, completed=number)
