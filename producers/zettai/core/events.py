"""Events: what happened to messages, for applications. The store's scripts append them to a stream in Redis."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from zettai.core.message import Message
from zettai.core.times import from_milliseconds

WEBHOOK_READERS = "webhook:"
"""How the group of readers of a webhook endpoint begins in Redis. Applications cannot use such a name."""


class EventType(StrEnum):
    """What happened: a message entered the state of this name, or one of the last two."""

    SCHEDULED = "scheduled"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    DELIVERY_UNKNOWN = "delivery_unknown"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELED = "canceled"
    FAILED = "failed"
    OVERDUE = "overdue"
    """The final status of a message is late. It may still come."""
    GROUP_FINISHED = "group_finished"
    """Every message of a group is in a final state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent:
    """An event.

    Attributes:
        id: identifies the event. An event that is read again has the same id. Later events have greater ids.
        type: what happened.
        at: when.
        client_tag: of the message; empty for `group_finished`.
        reason: why the message entered the state.
        group: of the message, or the finished group.
        created_by: who made the message, or the message that finished the group.
        message: the record when the event was read; None for `group_finished`, and if the record is gone.
    """

    id: str
    type: EventType
    at: datetime
    client_tag: str = ""
    reason: str = ""
    group: str | None = None
    created_by: str | None = None
    message: Message | None = None

    @classmethod
    def from_entry(cls, entry_id: str, fields: Mapping[str, str]) -> Self:
        """Return the event of an entry of the stream, without its message.

        Raises:
            ValueError: the entry is of a newer version.
        """
        return cls(
            id=entry_id,
            type=EventType(fields["type"]),
            at=from_milliseconds(entry_id.partition("-")[0]),
            client_tag=fields["tag"],
            reason=fields["reason"],
            group=fields["group"] or None,
            created_by=fields.get("created_by") or None,
        )

    def to_dict(self) -> dict[str, str | None]:
        """Return the event without its message as a dictionary for JSON."""
        return {
            "id": self.id,
            "type": self.type.value,
            "at": self.at.isoformat(),
            "client_tag": self.client_tag or None,
            "reason": self.reason or None,
            "group": self.group,
            "created_by": self.created_by,
        }
