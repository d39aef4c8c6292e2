"""How messages look to people. How they look to programs is `Message.to_dict`."""

from collections.abc import Iterable
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from zettai import Message, State

COLOURS = {
    State.DELIVERED: "green",
    State.SUBMIT_UNKNOWN: "yellow",
    State.HELD: "yellow",
    State.DELIVERY_UNKNOWN: "red",
}


def state_text(state: State) -> Text:
    """A state in the colour of its meaning: green for the good end, red for the bad ones, yellow for trouble."""
    final = "red" if state.is_final else "cyan"
    return Text(state, style=COLOURS.get(state, final))


def time_text(moment: datetime | None) -> str:
    """A time as people read it."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} JST"


def message_view(message: Message) -> RenderableType:
    """What is known of a message, as far as it is."""
    shown = message.to_dict()
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    facts.add_row("tag", message.client_tag)
    facts.add_row("state", state_text(message.state).append(f"  {message.reason}", style="default"))
    for name in ("to", "lane", "group", "carrier", "attempts", "parts", "detail"):
        if shown[name]:
            facts.add_row(name, str(shown[name]))
    for name, moment in (
        ("send at", message.send_at),
        ("sent at", message.sent_at),
        ("expires at", None if message.state.is_final else message.expires_at),
    ):
        if moment is not None:
            facts.add_row(name, time_text(moment))
    if message.cancel_requested and not message.state.is_final:
        facts.add_row("cancel", "asked for")
    if message.overdue:
        facts.add_row("overdue", "the carrier's answer is late; it may still come")
    return facts


def story_view(message: Message) -> RenderableType:
    """A message with its whole history."""
    history = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("time", "state", "reason"):
        history.add_column(name, overflow="fold")
    for event in message.history:
        history.add_row(time_text(event.at), state_text(event.state), event.reason)
    return Group(message_view(message), Text(), history)


def listing_view(messages: Iterable[Message]) -> RenderableType:
    """Many messages, a line each."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("tag", "to", "lane", "state", "since", "reason", "group"):
        table.add_column(name, overflow="fold")
    for message in messages:
        table.add_row(
            message.client_tag,
            message.to_dict()["to"],
            message.lane,
            state_text(message.state),
            time_text(message.since),
            message.reason,
            message.group or "",
        )
    return table
