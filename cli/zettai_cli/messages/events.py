"""The commands `events list` and `events follow`."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Annotated

import typer

from zettai import EventType, MessageEvent
from zettai.core.store.events import follow_events, read_events
from zettai.core.times import to_milliseconds
from zettai_cli.messages.views import time_text
from zettai_cli.shared.commands import Commands
from zettai_cli.shared.console_words import reason_text
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.listing import Listing
from zettai_cli.shared.options import AsJson, GroupFilter, Limit
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import time_with_zone
from zettai_cli.shared.store import open_store
from zettai_cli.shared.tables import columns

events = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Show what happened to messages, and deliver events again."
)

LARGEST = 2**64 - 1
"""The largest time and number in an id of the stream."""

TypeFilter = Annotated[
    list[EventType] | None, typer.Option("--type", help="Only events of this type. You can give it several times.")
]
TagFilter = Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Only events of this message.")]
SinceTime = Annotated[
    datetime | None,
    typer.Option("--since", parser=time_with_zone, metavar="TIME", help="Only events at or after TIME."),
]


@events.command("list")
def list_events(
    *,
    since: SinceTime = None,
    tag: TagFilter = None,
    group: GroupFilter = None,
    event_type: TypeFilter = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> ExitCode:
    """List the events that Redis keeps, oldest first.

    With --json the command prints one JSON document for each event.
    """
    after = "-" if since is None else just_before(to_milliseconds(since))
    with open_store() as store:
        found = islice(filter(chosen(tag, group, event_type), read_events(store.redis, store.keys, after=after)), limit)
        if as_json:
            _print(found, Output(as_json=True))
            return ExitCode.OK
        table = columns("time", "event", "tag", "group", "reason")
        for event in found:
            table.add_row(
                time_text(event.at), event.type, event.client_tag, event.group or "", reason_text(event.reason)
            )
        Output(as_json=False).text(Listing(table))
    return ExitCode.OK


@events.command()
def follow(
    *,
    tag: TagFilter = None,
    group: GroupFilter = None,
    event_type: TypeFilter = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Show events as they happen, until Ctrl-C. It marks none of them as read."""
    with open_store() as store, suppress(KeyboardInterrupt):
        _print(filter(chosen(tag, group, event_type), follow_events(store.redis, store.keys)), Output(as_json=as_json))
    return ExitCode.OK


def just_before(time: int, number: int = 0) -> str:
    """Return the position in the stream before an id: a time in milliseconds, and a number."""
    if number:
        return f"{time}-{number - 1}"
    return f"{time - 1}-{LARGEST}" if time > 0 else "-"


def chosen(tag: str | None, group: str | None, types: Iterable[EventType] | None) -> Callable[[MessageEvent], bool]:
    """Return a function that says whether an event is of this message, this group and these types; None means any."""
    return lambda event: (
        tag in {None, event.client_tag} and group in {None, event.group} and (not types or event.type in types)
    )


def _print(found: Iterator[MessageEvent], output: Output) -> None:
    """Print a line for each event."""
    for event in found:
        subject = event.client_tag or event.group
        output.show(
            event.to_dict(),
            f"{time_text(event.at)}  {event.type:<16}  {subject}  {reason_text(event.reason)}".rstrip(),
        )
