"""The command `check-text`."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from zettai import TextCheck
from zettai import check_text as check
from zettai.core.templates import Template
from zettai.core.text import BODY_LENGTH, Finding, code_point
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import text_or_stdin
from zettai_cli.shared.tables import columns, facts

RULE = say(
    "estimated: 70 characters in a single part, 66 in each of several; the provider reports the parts after delivery"
)
"""The provider's specification does not say how a text is divided."""


def check_text(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text to check, or - to read it from stdin.")],
    *,
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="NAME=VALUE",
            help="The text is a template; this is the value of {{NAME}}. You can give it several times.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Check a text before you send it: its length, its parts, and characters that some carriers cannot show.

    The command needs neither Redis nor settings. The exit code is 1 if the text cannot be sent, or if a character may
    not arrive.
    """
    given = text_or_stdin(text)
    result = check(_filled(given, fields) if fields else given)
    Output(as_json=as_json).show(result.to_dict(), _view(result))
    return ExitCode.OK if result.ok else ExitCode.NO


def _filled(template: str, fields: Sequence[str]) -> str:
    """Return the text of a template.

    Raises:
        typer.BadParameter: a field has another form, or the text has no such field.
        InvalidMessage: the template is not valid, or a value is missing.
    """
    parsed, values = Template.parse(template), dict(field.partition("=")[::2] for field in fields)
    unknown = [name for name in values if name not in parsed.fields]
    if unknown:
        raise typer.BadParameter(say("the text has no field {{{{{name}}}}}; give --field NAME=VALUE", name=unknown[0]))
    return parsed.render(values)


def suggestion_text(finding: Finding) -> str:
    """Return what to write instead of a character."""
    if finding.suggestion is None:
        return "?"
    return "".join(map(_visible, finding.suggestion)) if finding.suggestion else say("(nothing)")


def _view(result: TextCheck) -> RenderableType:
    table = facts()
    table.add_row(say("length"), say("{length:,} of {longest} characters", length=result.length, longest=BODY_LENGTH))
    table.add_row(say("parts"), f"{result.parts} ({RULE})")
    table.add_row(
        say("can be sent"),
        say("no: {problem}", problem=translate(result.problem, field="body")) if result.problem else say("yes"),
        style="red" if result.problem else "green",
    )
    return Group(table, "", _findings_view(result.findings)) if result.findings else table


def _findings_view(findings: tuple[Finding, ...]) -> RenderableType:
    table = columns("position", "character", "write instead", "may not arrive because it is", numbers={"position"})
    for finding in findings:
        points = " ".join(map(code_point, finding.characters))
        name = f"{points} {finding.name}" if finding.name != points else points
        table.add_row(str(finding.position + 1), name, suggestion_text(finding), translate(finding.why))
    return table


def _visible(character: str) -> str:
    return {" ": say("(space)"), "\n": say("(line feed)")}.get(character, character)
