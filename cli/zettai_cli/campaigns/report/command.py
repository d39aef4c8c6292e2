"""The command `report`: where the figures come from, and where they go to."""

import csv
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from zettai import Message
from zettai.core.store import WorkerStore
from zettai.core.store.scripts import NEEDS_BODY
from zettai.core.store.store import BATCH
from zettai.core.text import estimated_parts
from zettai_cli.campaigns.report.chart import svg
from zettai_cli.campaigns.report.figures import Report
from zettai_cli.campaigns.report.page import page
from zettai_cli.campaigns.report.sums import Sums
from zettai_cli.campaigns.report.view import report_view, rows
from zettai_cli.messages.selection import group_key, open_store
from zettai_cli.shared.csv_cells import cell
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.output import AsJson, Output

HEADER = ("figure", "of", "value")


def report(
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The group that the messages were given.")],
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, with a header.")] = False,
    picture: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", dir_okay=False, help="Draw it into this file too.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", dir_okay=False, help="Write it as a web page too.")
    ] = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Tell what became of a campaign: outcomes, causes, cost in billed parts, and how long deliveries took.

    Files that are there are written over. Neither numbers nor texts are in any of it.
    """
    if as_csv and as_json:
        raise typer.BadParameter("give either --csv or --json")
    with open_store() as store:
        found = read_report(store, group)
    if not found.messages:
        raise Failure(f"no message belongs to the group {group!r}")
    for file, drawn in ((picture, svg), (html, page)):
        if file is not None:
            _write(file, drawn(found))
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows([cell(value) for value in row] for row in rows(found))
    else:
        Output(as_json=as_json).show(found.to_dict(), report_view(found))
    return ExitCode.OK


def read_report(store: WorkerStore, group: str) -> Report:
    """Read a group, each message once, in batches.

    Raises:
        InvalidMessage: that is no group.
    """
    key, at, sums = group_key(store, group), store.now(), Sums()
    for message, parts in _with_parts(store, store.messages(store.scan(key))):
        sums.add(message, parts)
    return sums.report(group, at)


def _with_parts(store: WorkerStore, messages: Iterator[Message]) -> Iterator[tuple[Message, int | None]]:
    """Messages with the parts that their texts make, of those whose text is still needed, and so still there."""
    while batch := list(islice(messages, BATCH)):
        tags = [message.client_tag for message in batch if message.state in NEEDS_BODY]
        texts = dict(zip(tags, store.bodies(tags), strict=True)) if tags else {}
        for message in batch:
            text = texts.get(message.client_tag)
            yield message, None if text is None else estimated_parts(text)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}") from None
