"""Reads a record in Redis as a `Message`. The Lua scripts write the records."""

from collections.abc import Mapping

from zettai.core.carriers import Carrier
from zettai.core.lanes import Lane
from zettai.core.message import Event, Message
from zettai.core.states import State
from zettai.core.times import from_milliseconds

VERSION = 1
"""The version of new records. A worker leaves records with a higher version to newer workers.

Raise it if workers of the present version would send a new record wrongly. The fields that are read below keep their
names and meanings in every version.
"""


def to_message(client_tag: str, record: Mapping[str, str]) -> Message:
    """Return the message that a record holds.

    Args:
        client_tag: the message's tag.
        record: the fields of its hash; not empty.
    """
    return Message(
        client_tag=client_tag,
        to=record["to"],
        lane=Lane(record["lane"]),
        state=State(record["state"]),
        since=from_milliseconds(record["since"]),
        reason=record["reason"],
        created_at=from_milliseconds(record["created"]),
        expires_at=from_milliseconds(record["expires"]),
        send_at=from_milliseconds(record["send_at"]) if "send_at" in record else None,
        sent_at=from_milliseconds(record["sent"]) if "sent" in record else None,
        group=record.get("group"),
        carrier=Carrier(record["carrier"]) if "carrier" in record else None,
        attempts=int(record.get("attempts", 0)),
        cancel_requested="cancel_requested" in record,
        overdue="overdue" in record,
        parts=int(record["parts"]) if "parts" in record else None,
        detail=record.get("detail"),
        requeued_as=record.get("requeued_as"),
        requeued_from=record.get("requeued_from"),
        contradicted="contradicted" in record,
        history=_history(record),
    )


def _history(record: Mapping[str, str]) -> tuple[Event, ...]:
    lines = (record.get(f"h{number}") for number in range(1, int(record["events"]) + 1))
    created = float(record["created"])
    return tuple(_event(line, created) for line in lines if line is not None)


def _event(line: str, created: float) -> Event:
    age, state, reason = line.split(" ", maxsplit=2)
    return Event(from_milliseconds(created + float(age)), State(state), reason)
