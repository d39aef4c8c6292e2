"""The command `audit`."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice, takewhile
from typing import Annotated

import typer

from zettai.core.store.audit import AuditAction, AuditEntry
from zettai_cli.messages.views import time_text
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.listing import Listing
from zettai_cli.shared.options import AsJson, Limit
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import time_with_zone
from zettai_cli.shared.store import open_store
from zettai_cli.shared.tables import columns


def audit(
    *,
    action: Annotated[
        list[AuditAction] | None, typer.Option(help="Only this action. You can give it several times.")
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this user or API key did.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(parser=time_with_zone, metavar="TIME", help="Only what was done at or after TIME."),
    ] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> ExitCode:
    """Show who canceled, requeued, exported numbers, erased, or changed how messages are sent; newest first.

    An entry is written before its action. With --json the command prints one JSON document for each entry.
    """
    output = Output(as_json=as_json)
    with open_store() as store:
        found = islice(_select(store.audit.read(), action or (), by, since), limit)
        if as_json:
            for entry in found:
                output.json_line(entry.to_dict())
            return ExitCode.OK
        table = columns("time", "action", "by", "details")
        for entry in found:
            details = "  ".join(f"{name}={value}" for name, value in entry.details.items())
            table.add_row(time_text(entry.at), _action_text(entry.action), str(entry.actor), details)
        output.text(Listing(table))
    return ExitCode.OK


def _action_text(action: str) -> str:
    """Return the name of an action as --action takes it; for a Japanese user, after the action in words."""
    words = say(action)
    return action if words == action else f"{words} {action}"


def _select(
    entries: Iterable[AuditEntry], actions: Iterable[AuditAction], by: str | None, since: datetime | None
) -> Iterator[AuditEntry]:
    wanted = {str(action) for action in actions}
    for entry in takewhile(lambda one: since is None or one.at >= since, entries):
        if (not wanted or entry.action in wanted) and by in {None, entry.actor.name}:
            yield entry
