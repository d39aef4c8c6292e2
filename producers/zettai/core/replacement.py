"""What `replace` is asked to change about a message, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.message import Message
from zettai.core.new_message import NewMessage
from zettai.core.times import now, to_milliseconds
from zettai.core.tracing import current_traceparent
from zettai.core.validation import checked_body, checked_send_at, checked_tag


class ReplaceOutcome(StrEnum):
    """The result of a replacement."""

    REPLACED = "replaced"
    """The message was not sent and will not be. Its successor is recorded."""
    PENDING = "pending"
    """The successor is recorded when the cancel of the message is confirmed. If that is too late, it is dropped."""
    TOO_LATE = "too_late"
    """The message was sent, was replaced by another request, or is in another final state. Nothing changed."""
    NOT_FOUND = "not_found"
    """No message has this client tag."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """The result of a replacement.

    Attributes:
        outcome: what became of it.
        client_tag: the tag of the successor; None if the message has none.
        message: the successor, if it is recorded.
    """

    outcome: ReplaceOutcome
    client_tag: str | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a successor has in place of what it inherits. Build one with `Changes.validated`."""

    send_at: datetime | None
    body: str | None
    client_tag: str | None

    @classmethod
    def validated(cls, *, send_at: datetime | None, body: str | None, client_tag: str | None) -> Self:
        """Check the arguments of `replace`.

        Raises:
            InvalidMessage: names the argument that is wrong, and the reason.
        """
        if send_at is None and body is None:
            raise InvalidMessage("send_at", InvalidValue(InvalidReason.NOTHING_TO_CHANGE))
        return cls(
            _checked("send_at", datetime, send_at, checked_send_at),
            _checked("body", str, body, checked_body),
            _checked("client_tag", str, client_tag, checked_tag),
        )

    @property
    def content(self) -> bytes:
        """What a repeated request has in common with the first one. Records have its keyed digest."""
        content = (str(to_milliseconds(self.send_at)) if self.send_at else "", self.body or "")
        return "\0".join(content).encode()

    def successor_of(self, message: Message, body: str | None) -> NewMessage:
        """Return the successor of a message, which inherits what does not change.

        A send time that has passed is not inherited: the successor is then sent at once. The time in which it may be
        sent counts from its own `send_at`, or from now.

        Args:
            message: the message to replace.
            body: its text; None if it was deleted.

        Raises:
            InvalidMessage: the text is not here any more, so a new one must be given; or it cannot be sent.
        """
        if self.body is None and body is None:
            raise InvalidMessage("body", InvalidValue(InvalidReason.BODY_DELETED))
        inherited = message.send_at if message.send_at is not None and message.send_at > now() else None
        return NewMessage.validated(
            to=message.to,
            body=body if self.body is None else self.body,
            client_tag=self.client_tag,
            send_at=self.send_at or inherited,
            expires_in=message.expires_at - (message.send_at or message.created_at),
            lane=message.lane,
            group=message.group,
            carrier=message.carrier,
            sender=message.sender,
            account=message.account,
            category=message.category,
            created_by=message.created_by,
            team=message.team,
            traceparent=current_traceparent() or message.traceparent,
            metadata=dict(message.metadata),
        )


def held_successor_of(message: Message, body: str, *, lasts: timedelta) -> NewMessage:
    """Return the successor of a reservation whose group is paused. It is reserved again if its time has not passed.

    Args:
        message: the reservation.
        body: its text.
        lasts: how long after its `send_at` it may still be sent.
    """
    changes = Changes(send_at=message.send_at, body=body, client_tag=None)
    return changes.successor_of(message, body).model_copy(update={"expires_in": lasts})


def _checked(field: str, kind: type, value: Any, check: Any) -> Any:
    """Return a value in its normal form; None stays None."""
    if value is None:
        return None
    if not isinstance(value, kind):
        raise InvalidMessage(field, InvalidValue(InvalidReason.WRONG_TYPE, kind=kind.__name__))
    try:
        return check(value)
    except ValueError as error:
        raise InvalidMessage(field, error if isinstance(error, InvalidValue) else str(error)) from None
