"""The command `check-text`: what a text costs, and what in it may not arrive. Nothing is sent, nobody is asked."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from zettai import TextCheck, check_text
from zettai.core.text import BODY_LENGTH, Finding, code_point
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.output import AsJson, Output
from zettai_cli.shared.parsing import text_or_stdin

RULE = "estimated: 70 characters in one part, 66 in each part of more; the provider tells the parts after delivery"
"""Where the number of parts comes from; the provider's specification does not say how a text is divided."""


def check(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What would be sent, or - to read it from stdin.")],
    *,
    as_json: AsJson = False,
) -> ExitCode:
    """Check a text before it is sent: its length, its parts, and characters that carriers may not show.

    Needs neither Redis nor settings. The exit code is 1 where it cannot be sent, or something may not arrive.
    """
    found = check_text(text_or_stdin(text))
    Output(as_json=as_json).show(found.to_dict(), _view(found))
    return ExitCode.OK if found.ok else ExitCode.NO


def _view(found: TextCheck) -> RenderableType:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    facts.add_row("length", f"{found.length:,} of {BODY_LENGTH} characters")
    facts.add_row("parts", f"{found.parts} ({RULE})")
    facts.add_row("send", f"refuses it: {found.problem}" if found.problem else "takes it", style=_style(found))
    return Group(facts, "", _findings_view(found.findings)) if found.findings else facts


def _style(found: TextCheck) -> str:
    return "red" if found.problem else "green"


def _findings_view(findings: tuple[Finding, ...]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("at", justify="right")
    for name in ("character", "instead", "may not arrive: it is"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        points = " ".join(map(code_point, finding.characters))
        name = f"{points} {finding.name}" if finding.name != points else points
        table.add_row(str(finding.position + 1), name, suggestion_text(finding), finding.why)
    return table


def suggestion_text(finding: Finding) -> str:
    """What to write in place of a finding, for people."""
    if finding.suggestion is None:
        return "?"
    return "".join(map(_visible, finding.suggestion)) if finding.suggestion else "(nothing)"


def _visible(character: str) -> str:
    return {" ": "(blank)", "\n": "(line feed)"}.get(character, character)
