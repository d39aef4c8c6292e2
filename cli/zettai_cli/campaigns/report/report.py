"""The command `report`."""

import csv
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from zettai import Message
from zettai.core.store import WorkerStore
from zettai.core.store.scripts import NEEDS_BODY
from zettai.core.store.store import BATCH
from zettai.core.text import estimated_parts
from zettai_cli.campaigns.report.builder import ReportBuilder
from zettai_cli.campaigns.report.chart import svg
from zettai_cli.campaigns.report.page import page
from zettai_cli.campaigns.report.statistics import Report
from zettai_cli.campaigns.report.view import report_view, rows
from zettai_cli.messages.selection import group_key, has_metadata
from zettai_cli.shared.csv_cells import safe_cell
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.options import AsCsv, AsJson, Group, MetadataFilter
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import metadata_pairs
from zettai_cli.shared.store import open_store

HEADER = ("name", "of", "value")


def report(
    group: Group,
    *,
    metadata: MetadataFilter = None,
    as_csv: AsCsv = False,
    picture: Annotated[
        Path | None,
        typer.Option("--svg", metavar="FILE", dir_okay=False, help="Also write the report as a chart to this file."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", dir_okay=False, help="Also write the report as a web page to this file."
        ),
    ] = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Report the results of a campaign: outcomes, causes of failures, billed parts, and delivery times.

    The report has no phone numbers and no texts. Existing files are overwritten.
    """
    if as_csv and as_json:
        raise typer.BadParameter("give either --csv or --json")
    with open_store() as store:
        found = read_report(store, group, metadata_pairs(metadata or ()))
    if not found.messages:
        raise Failure(f"no message belongs to the group {group!r}" + (" and has this metadata" if metadata else ""))
    for file, drawn in ((picture, svg), (html, page)):
        if file is not None:
            _write(file, drawn(found))
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows([safe_cell(value) for value in row] for row in rows(found))
    else:
        Output(as_json=as_json).show(found.to_dict(), report_view(found))
    return ExitCode.OK


def read_report(store: WorkerStore, group: str, metadata: Mapping[str, str]) -> Report:
    """Read the messages of a group in batches, each once, and return the report.

    Args:
        store: of the messages.
        group: the group.
        metadata: only messages with these pairs count.

    Raises:
        InvalidMessage: the group is invalid.
    """
    key, at, builder = group_key(store, group), store.now(), ReportBuilder()
    found = (message for message in store.messages(store.scan(key)) if has_metadata(message, metadata))
    for message, parts in _with_parts(store, found):
        builder.add(message, parts)
    return builder.build(group, at)


def _with_parts(store: WorkerStore, messages: Iterator[Message]) -> Iterator[tuple[Message, int | None]]:
    """Yield messages with the estimated number of parts, or None if the store has erased the text."""
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
        raise Failure(f"cannot write {file}: {error.strerror}") from None
