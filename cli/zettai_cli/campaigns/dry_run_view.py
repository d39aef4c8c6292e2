"""How a dry run of `send-csv` is told: every bad row at once, then the sums. `preflight.py` finds what is wrong."""

from collections.abc import Iterable

from zettai.core.text import Finding, code_point
from zettai_cli.campaigns.dry_run import Examined, Totals, examine
from zettai_cli.campaigns.rows import Row
from zettai_cli.messages.check_text import suggestion_text
from zettai_cli.shared.output import Output

SHOWN = 20
"""Good rows with doubtful characters that are listed to people; a campaign may have the same ones in each row."""


def check(rows: Iterable[Row], totals: Totals, output: Output) -> None:
    """Print what rows would come to, as they are read, and then their sums; memory stays flat."""
    for row in examine(rows):
        totals.add(row)
        if output.as_json:
            output.line(row.to_dict())
        elif row.problems:
            for problem in row.problems:
                output.text(f"{_place(row)}{problem}")
        elif row.findings and totals.doubtful <= SHOWN:
            output.text(f"{_place(row)}body: {_doubt(row.findings)}")
    if output.as_json:
        output.line({"total": totals.to_dict()})
        return
    if totals.doubtful > SHOWN:
        output.text(f"… and {totals.doubtful - SHOWN:,} more with doubtful characters; --json prints them all")
    output.text(_sums(totals))


def _place(row: Examined) -> str:
    return f"line {row.line:<7} {row.to:<13}  "


def _doubt(findings: tuple[Finding, ...]) -> str:
    """The first finding of a text, and how many more there are."""
    first = findings[0]
    name = f"{code_point(first.characters[0])} {first.name}"
    more = f"; {len(findings) - 1} more" if len(findings) > 1 else ""
    return f"may not arrive: {name} at {first.position + 1}, instead {suggestion_text(first)}{more}"


def _sums(totals: Totals) -> str:
    cost = f"about {totals.parts:,} parts, {totals.longest} for the longest text, if all are delivered"
    doubt = f"; {totals.doubtful:,} may not arrive as written" if totals.doubtful else ""
    return f"{totals.good:,} good; nothing was sent; {totals.bad:,} bad\n{cost}{doubt}"
