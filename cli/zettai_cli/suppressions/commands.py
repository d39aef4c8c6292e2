"""The commands `suppressions add`, `remove`, `show`, `count`, `export` and `clear`."""

import csv
from typing import Annotated

import typer

from zettai import SmsClient
from zettai.core.store.audit import AuditAction
from zettai.core.store.suppressions import Suppression
from zettai_cli.messages.views import time_text
from zettai_cli.shared.audit import audit
from zettai_cli.shared.commands import Commands
from zettai_cli.shared.confirm import confirm
from zettai_cli.shared.csv_files import write_csv
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson, Number, Yes
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import text_or_stdin
from zettai_cli.shared.tables import columns
from zettai_cli.suppressions.files import exported_rows
from zettai_cli.suppressions.importing import import_numbers
from zettai_cli.suppressions.options import Scope, Source

suppressions = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Numbers to which no messages are sent, because their owners opted out."
)
suppressions.command("import")(import_numbers)


@suppressions.command()
def add(number: Number, *, scope: Scope = "all", source: Source = None, as_json: AsJson = False) -> ExitCode:
    """Suppress a number. Messages to it that wait, and reservations, are canceled."""
    audit(AuditAction.SUPPRESS, scope=scope, source=source)
    with SmsClient.from_env() as client:
        added = client.suppressions.add(text_or_stdin(number).strip(), scope, source=source)
    Output(as_json=as_json).show(
        {"added": added}, say("added") if added else say("it was suppressed in this scope before")
    )
    return ExitCode.OK


@suppressions.command()
def remove(
    number: Number,
    *,
    scope: Annotated[
        str | None, typer.Option(metavar="SCOPE", help="The scope to remove. By default, all of them.")
    ] = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Allow messages to a number again. What was canceled stays canceled."""
    audit(AuditAction.UNSUPPRESS, scope=scope or "all of them")
    with SmsClient.from_env() as client:
        removed = client.suppressions.remove(text_or_stdin(number).strip(), scope)
    Output(as_json=as_json).show({"removed": removed}, say("removed") if removed else say("it was not suppressed"))
    return ExitCode.OK if removed else ExitCode.NO


@suppressions.command()
def show(number: Number, *, as_json: AsJson = False) -> ExitCode:
    """Show the scopes in which a number is suppressed. The exit code is 1 if there are none."""
    with SmsClient.from_env() as client:
        found = client.suppressions.get(text_or_stdin(number).strip()) or Suppression(())
    table = columns("scope", "since", "source")
    for one in found.scopes:
        table.add_row(one.scope, time_text(one.since), one.source or "")
    data = {"scopes": [one.to_dict() for one in found.scopes]}
    Output(as_json=as_json).show(data, table if found.scopes else say("it is not suppressed"))
    return ExitCode.OK if found.scopes else ExitCode.NO


@suppressions.command()
def count(*, as_json: AsJson = False) -> ExitCode:
    """Show how many numbers are suppressed."""
    with SmsClient.from_env() as client:
        numbers, fingerprint = client.suppressions.count(), client.suppressions.fingerprint
    Output(as_json=as_json).show(
        {"numbers": numbers, "key": fingerprint},
        say("{numbers:,} numbers, key {fingerprint}", numbers=numbers, fingerprint=fingerprint),
    )
    return ExitCode.OK


@suppressions.command()
def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The CSV file to write, or - for stdout.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> ExitCode:
    """Export the list to a CSV file, as a backup or to move it. It has keyed hashes, because the list has no numbers.

    It can be imported with the same ZETTAI_SUPPRESSION_KEY only.
    """
    audit(AuditAction.EXPORT_SUPPRESSIONS)
    with SmsClient.from_env() as client, write_csv(file, force=force) as target:
        rows = exported_rows(client.suppressions.export(), client.suppressions.fingerprint)
        csv.writer(target, lineterminator="\n").writerows(rows)
    return ExitCode.OK


@suppressions.command()
def clear(*, yes: Yes = False, as_json: AsJson = False) -> ExitCode:
    """Remove all numbers, to begin again with another key. Pause sending first: zettai limiter pause."""
    with SmsClient.from_env() as client:
        numbers = client.suppressions.count()
        if as_json and not yes:
            Output(as_json=True).json_line({"numbers": numbers, "removed": 0})
            return ExitCode.OK
        if not yes:
            confirm(say("Remove {numbers:,} numbers? They may get messages then.", numbers=numbers))
        audit(AuditAction.CLEAR_SUPPRESSIONS, numbers=numbers)
        client.suppressions.clear()
    Output(as_json=as_json).show({"numbers": numbers, "removed": numbers}, say("{numbers:,} removed", numbers=numbers))
    return ExitCode.OK
