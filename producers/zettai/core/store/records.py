"""Reads a record in Redis as a `Message`. The Lua scripts write the records."""

from collections.abc import Mapping
from datetime import datetime

from zettai.core.carriers import Carrier
from zettai.core.lanes import Lane
from zettai.core.message import Event, Message
from zettai.core.sealing import BrokenSeal, Sealer
from zettai.core.states import State
from zettai.core.store.personal_data import PersonalData, read_person
from zettai.core.times import from_milliseconds

VERSION = 3
"""The version of new records. A worker leaves records with a higher version to newer workers.

Raise it if workers of the present version would send a new record wrongly. The fields that are read below keep their
names and meanings in every version.
"""


class DamagedRecord(Exception):  # noqa: N818 - reads as the fact that it states
    """A record lacks a field that every record has, or has a value that cannot be right."""


def to_message(client_tag: str, record: Mapping[str, str], sealer: Sealer | None = None) -> Message:
    """Return the message that a record holds.

    Args:
        client_tag: the message's tag.
        record: the fields of its hash; not empty.
        sealer: opens a sealed record. If its key is not known, the message has no number and no metadata.

    Raises:
        DamagedRecord: the record cannot be read.
    """
    try:
        return _to_message(client_tag, record, read_person(client_tag, record, sealer))
    except (AttributeError, BrokenSeal, KeyError, ValueError, OverflowError, RecursionError):
        raise DamagedRecord(client_tag) from None


def _to_message(client_tag: str, record: Mapping[str, str], person: PersonalData) -> Message:
    return Message(
        client_tag=client_tag,
        to=person.to,
        lane=Lane(record["lane"]),
        state=State(record["state"]),
        since=from_milliseconds(record["since"]),
        reason=record["reason"],
        created_at=from_milliseconds(record["created"]),
        expires_at=from_milliseconds(record["expires"]),
        send_at=_time(record, "send_at"),
        sent_at=_time(record, "sent"),
        group=record.get("group"),
        carrier=Carrier(record["carrier"]) if "carrier" in record else None,
        carrier_found=Carrier(record["carrier_found"]) if "carrier_found" in record else None,
        sender=record.get("sender"),
        account=record.get("account"),
        sms_code=record.get("sms_code") or None,
        metadata=person.metadata,
        category=record.get("category"),
        created_by=record.get("created_by"),
        team=record.get("team"),
        attempts=int(record.get("attempts", 0)),
        cancel_requested="cancel_requested" in record,
        cancel_requested_at=_time(record, "cancel_requested"),
        cancel_reason=record.get("cancel_reason", "on request"),
        overdue="overdue" in record,
        parts=int(record["parts"]) if "parts" in record else None,
        detail=record.get("detail"),
        requeued_as=record.get("requeued_as"),
        requeued_from=record.get("requeued_from"),
        replaced_by=record.get("replaced_by"),
        replaces=record.get("replaces"),
        erased="erased" in record,
        sealed=person.is_sealed,
        contradicted="contradicted" in record,
        calls=int(record.get("calls", 0)),
        unknown_since=_time(record, "unknown_since"),
        not_found_since=_time(record, "not_found_since"),
        tag_used="tag_used" in record,
        refused=record.get("refused"),
        parked="parked" in record,
        bulk_canceled_at=_time(record, "bulk_canceled_at"),
        traceparent=record.get("traceparent"),
        history=_history(record),
    )


def _time(record: Mapping[str, str], field: str) -> datetime | None:
    return from_milliseconds(record[field]) if field in record else None


def _history(record: Mapping[str, str]) -> tuple[Event, ...]:
    latest, created = int(record["events"]), float(record["created"])
    events = (_event(record, number, latest, created) for number in range(1, latest + 1))
    return tuple(event for event in events if event is not None)


def _event(record: Mapping[str, str], number: int, latest: int, created: float) -> Event | None:
    """Return an event of the history. The latest one and the first one have no line: `history.lua` says why."""
    if line := record.get(f"h{number}"):
        age, state, reason = line.split(" ", maxsplit=2)
        return Event(from_milliseconds(created + float(age)), State(state), reason)
    if number == latest:
        return Event(from_milliseconds(record["since"]), State(record["state"]), record["reason"])
    return Event(from_milliseconds(created), State.QUEUED, "created") if number == 1 else None
