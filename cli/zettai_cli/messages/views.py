"""Messages as text for people. `Message.to_dict` is the form for programs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from zettai import EncryptionKeyMissing, Message, State
from zettai_cli.shared.console_words import reason_text
from zettai_cli.shared.language import say
from zettai_cli.shared.listing import Listing
from zettai_cli.shared.refused_login import is_login_refused
from zettai_cli.shared.tables import columns, facts

COLORS = {
    State.DELIVERED: "green",
    State.SUBMIT_UNKNOWN: "yellow",
    State.HELD: "yellow",
    State.DELIVERY_UNKNOWN: "red",
}


_NOTES = {
    "erased": (say("erased"), say("the number, the text and the metadata were erased on request")),
    "sealed": (say("sealed"), say("the number and the metadata; ZETTAI_ENCRYPTION_KEYS does not have their key")),
    "overdue": (say("overdue"), say("the final status is late; it may still come")),
}
"""The name of a field that is true or false, and what it means if it is true."""

_FACTS = {
    "to": say("to"),
    "lane": say("lane"),
    "group": say("group"),
    "sender": say("sender"),
    "account": say("account"),
    "carrier": say("carrier"),
    "carrier_found": say("carrier_found"),
    "category": say("category"),
    "created_by": say("created_by"),
    "attempts": say("attempts"),
    "parts": say("parts"),
    "detail": say("detail"),
    "replaced_by": say("replaced_by"),
    "replaces": say("replaces"),
}
"""The names of the fields that a message may lack."""


def state_text(state: State) -> Text:
    """Return a state in color: green if delivered, red if it failed, yellow if it needs attention."""
    default = "red" if state.is_final else "cyan"
    return Text(state, style=COLORS.get(state, default))


def time_text(moment: datetime | None) -> str:
    """Return a time in Japan as text, or "" for None."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} JST"


def exported_values(message: Message, *, with_numbers: bool) -> dict[str, Any]:
    """Return the values of a message for a file. The metadata is personal data too, so it comes with the number.

    Raises:
        EncryptionKeyMissing: the number is sealed with a key that is not here.
    """
    if with_numbers and message.sealed:
        raise EncryptionKeyMissing(message.client_tag)
    return message.to_dict(with_metadata=with_numbers) | ({"to": message.to} if with_numbers else {})


def message_view(message: Message) -> RenderableType:
    """Return the known facts about a message."""
    shown = message.to_dict()
    table = facts()
    table.add_row(say("tag"), message.client_tag)
    reason = reason_text(message.reason)
    table.add_row(say("state"), state_text(message.state).append(f"  {reason}", style="default"))
    for field, name in _FACTS.items():
        if shown[field]:
            table.add_row(name, str(shown[field]))
    for key, value in message.metadata.items():
        table.add_row(say("metadata"), f"{key}: {value}")
    for name, moment in (
        (say("send at"), message.send_at),
        (say("sent at"), message.sent_at),
        (say("expires at"), None if message.state.is_final else message.expires_at),
    ):
        if moment is not None:
            table.add_row(name, time_text(moment))
    if message.cancel_requested and not message.state.is_final:
        table.add_row(say("cancel"), say("requested"))
    if (end_of_wait := _end_of_wait(message)) is not None:
        table.add_row(say("waits"), end_of_wait)
    for field, (name, text) in _NOTES.items():
        if shown[field]:
            table.add_row(name, text)
    return table


def _end_of_wait(message: Message) -> str | None:
    """Return until when a message waits that the provider refuses or that is held; None for another one."""
    if not message.state.is_final and is_login_refused(message.reason):
        return say("until the provider accepts the token; check it with zettai doctor --call")
    return say("until sending resumes; see zettai limiter show") if message.state is State.HELD else None


def history_view(message: Message) -> RenderableType:
    """Return a message with its history."""
    history = columns("time", "state", "reason")
    for event in message.history:
        history.add_row(time_text(event.at), state_text(event.state), reason_text(event.reason))
    return Group(message_view(message), Text(), history)


def messages_view(messages: Iterable[Message]) -> RenderableType:
    """Return a table of messages. The carrier is the one that the provider found, or else the one that `send` named."""
    table = columns("tag", "to", "lane", "state", "since", "reason", "carrier", "group")
    for message in messages:
        table.add_row(
            message.client_tag,
            message.to_dict()["to"],
            message.lane,
            state_text(message.state),
            time_text(message.since),
            reason_text(message.reason),
            message.carrier_found or message.carrier or "",
            message.group or "",
        )
    return Listing(table)
