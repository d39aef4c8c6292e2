"""Prints a dry run of `send-csv`: the first good rows as they would be sent, each bad row, then the totals."""

from collections.abc import Iterable

from zettai import SmsClient
from zettai.campaign_files.columns import Columns
from zettai.campaign_files.dry_run import RowCheck, Totals, check_rows
from zettai.campaign_files.rows import Row
from zettai.core.text import Finding, code_point
from zettai.core.times import round_up_to_minute
from zettai_cli.messages.check_text import suggestion_text
from zettai_cli.shared.language import is_japanese, say
from zettai_cli.shared.output import Output

PREVIEWED = 3
"""Good rows that are shown with their text."""

LISTED = 20
"""Good rows with doubtful characters that are listed for people. A campaign may have the same ones in each row."""


def print_dry_run(client: SmsClient, rows: Iterable[Row], columns: Columns, totals: Totals, output: Output) -> None:
    """Check and print rows one by one, with constant memory, then their totals."""
    for row in check_rows(client, rows, columns):
        totals.add(row)
        if output.as_json:
            output.json_line(row.to_dict())
        elif row.problems:
            for problem in row.problems:
                output.text(f"{_prefix(row)}{problem.reason_ja if is_japanese() else problem}")
        else:
            if totals.good <= PREVIEWED:
                output.text(f"{_prefix(row)}{_preview(row)}")
            if row.findings and totals.doubtful <= LISTED:
                output.text(f"{_prefix(row)}{columns.label('body')}: {_findings_text(row.findings)}")
    if output.as_json:
        output.json_line({"total": totals.to_dict()})
        return
    if totals.doubtful > LISTED:
        output.text(
            say("… and {count:,} more with doubtful characters; use --json to list all", count=totals.doubtful - LISTED)
        )
    output.text(_totals_text(totals))


def _prefix(row: RowCheck) -> str:
    return say("row {number:<7} {to:<13}  ", number=row.number, to=row.to)


def _preview(row: RowCheck) -> str:
    """Return the text of a row, and when it is sent if that is not at once. Control characters are left out."""
    when = say("at {time:%Y-%m-%d %H:%M} JST  ", time=round_up_to_minute(row.send_at)) if row.send_at else ""
    text = "".join(character if character.isprintable() else " " for character in row.body)
    return f"{when}“{text}”"


def _findings_text(findings: tuple[Finding, ...]) -> str:
    """Return the first finding of a text, and the number of the others."""
    first = findings[0]
    name = f"{code_point(first.characters[0])} {first.name}"
    more = say("; {count} more", count=len(findings) - 1) if len(findings) > 1 else ""
    return say(
        "may not arrive: {name} at position {position}, write {suggestion} instead{more}",
        name=name,
        position=first.position + 1,
        suggestion=suggestion_text(first),
        more=more,
    )


def _totals_text(totals: Totals) -> str:
    cost = say(
        "about {parts:,} billed parts if all are delivered; the longest text has {longest}",
        parts=totals.parts,
        longest=totals.longest,
    )
    doubtful = say("; {doubtful:,} may not arrive as written", doubtful=totals.doubtful) if totals.doubtful else ""
    return say(
        "{good:,} good rows, {bad:,} bad rows; nothing was sent\n{cost}{doubtful}",
        good=totals.good,
        bad=totals.bad,
        cost=cost,
        doubtful=doubtful,
    )
