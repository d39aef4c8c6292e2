"""The commands `send`, `status` and `list`: one message, or a look at some."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated

import typer

from zettai import Carrier, Lane, Message, SmsClient, State
from zettai_cli.messages.selection import (
    Group,
    OfCarrier,
    OnLane,
    Overdue,
    Selection,
    Since,
    States,
    Until,
    open_store,
    select,
)
from zettai_cli.messages.views import listing_view, message_view, state_text, story_view, time_text
from zettai_cli.messages.waiting import follow
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.output import AsJson, Output
from zettai_cli.shared.parsing import Patience, duration, moment, text_or_stdin


def send(
    to: Annotated[str, typer.Argument(metavar="TO", help="Japanese mobile number, as 09012345678 or +819012345678.")],
    body: Annotated[str, typer.Argument(metavar="BODY", help="1 to 660 characters, or - to read them from stdin.")],
    *,
    tag: Annotated[str | None, typer.Option(help="Identity for ever: the same tag never sends twice.")] = None,
    at: Annotated[
        datetime | None, typer.Option(parser=moment, metavar="TIME", help="When, as 2026-08-01T09:00+09:00.")
    ] = None,
    expires_in: Annotated[
        timedelta | None, typer.Option(parser=duration, metavar="SECONDS", help="Not to be sent later than this.")
    ] = None,
    lane: Annotated[Lane, typer.Option(help="What goes first.")] = Lane.NORMAL,
    group: Annotated[str | None, typer.Option(help="To find and cancel messages together.")] = None,
    carrier: Annotated[Carrier | None, typer.Option(help="Where you know it.")] = None,
    wait: Patience = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Record a message to be sent once."""
    output = Output(as_json=as_json)
    with SmsClient.from_env() as client:
        message = client.send(
            to,
            text_or_stdin(body),
            client_tag=tag,
            send_at=at,
            expires_in=expires_in,
            lane=lane,
            group=group,
            carrier=carrier,
        )
        if wait is None:
            output.show(message.to_dict(), message_view(message))
            return ExitCode.OK
        message = _watch(client, message, wait, output)
    return _code_of(message)


def status(
    tag: Annotated[str, typer.Argument(metavar="TAG", help="The message's client tag.")], *, as_json: AsJson = False
) -> ExitCode:
    """Tell a message's whole story."""
    with SmsClient.from_env() as client:
        message = client.get(tag)
    if message is None:
        raise Failure(f"no message has the tag {tag!r}")
    Output(as_json=as_json).show(message.to_dict(), story_view(message))
    return ExitCode.OK


def list_(
    *,
    state: States = None,
    group: Group = None,
    lane: OnLane = None,
    carrier: OfCarrier = None,
    since: Since = None,
    until: Until = None,
    overdue: Overdue = False,
    limit: Annotated[int, typer.Option(min=1, help="So many at most.")] = 50,
    as_json: AsJson = False,
) -> ExitCode:
    """List messages, newest first within a state or a group; JSON is one line each."""
    output = Output(as_json=as_json)
    selection = Selection(
        states=tuple(state or ()),
        group=group,
        lane=lane,
        carrier=carrier,
        since=since,
        until=until,
        overdue=overdue,
    )
    with open_store() as store:
        messages = islice(select(store, selection, newest_first=True), limit)
        if as_json:
            for message in messages:
                output.line(message.to_dict())
        else:
            output.text(listing_view(messages))
    return ExitCode.OK


def _watch(client: SmsClient, message: Message, patience: timedelta, output: Output) -> Message:
    """Print what happens to a message, to its end or the end of our patience; then the message itself."""
    told = 0
    for now in follow(client, message.client_tag, patience):
        message = now
        for event in message.history[told:]:
            output.text(state_text(event.state).append(f"  {time_text(event.at)}  {event.reason}", style="default"))
        told = len(message.history)
    output.show(message.to_dict(), message_view(message))
    return message


def _code_of(message: Message) -> ExitCode:
    """What a message's state means to whoever waited for it."""
    if not message.state.is_final:
        return ExitCode.PENDING
    return ExitCode.OK if message.state is State.DELIVERED else ExitCode.NO
