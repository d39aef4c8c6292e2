"""The command `report`."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from zettai.campaign_report.reading import read_report
from zettai_cli.campaigns.report.chart import svg
from zettai_cli.campaigns.report.page import page
from zettai_cli.campaigns.report.view import report_view, rows
from zettai_cli.shared.csv_cells import safe_cell
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsCsv, AsJson, Group, MetadataFilter
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import metadata_pairs
from zettai_cli.shared.store import looked_in, open_store

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
        raise typer.BadParameter(say("give either --csv or --json"))
    with open_store() as store:
        found = read_report(store, group, metadata_pairs(metadata or ()))
    if not found.messages:
        raise Failure(
            say("no message belongs to the group {group!r}", group=group)
            + (say(" and has this metadata") if metadata else "")
            + looked_in()
        )
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


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(
            say("cannot write {file}: {strerror}", file=file, strerror=translate(error.strerror or ""))
        ) from None
