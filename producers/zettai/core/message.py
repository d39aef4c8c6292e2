"""A message as the store knows it: what callers get to see. How it is stored is the store's affair."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from zettai.core.errors import ZettaiError
from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.validation import Carrier, Draft, mask


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a message's history."""

    at: datetime
    state: State
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message and where it stands. Times are aware and in Japan time.

    Attributes:
        client_tag: its identity, here and at the provider.
        to: the recipient in international form; `repr` masks it.
        state: where it stands.
        since: when it came into that state.
        reason: why, in a word or in the provider's words.
        send_at: when the provider shall send it, if not at once.
        sent_at: when the provider took it for sending, or will send what it reserved.
        expires_at: after this it is not sent any more.
        attempts: how often the provider was asked to take it.
        cancel_requested: a cancel waits until the provider's answer is known.
        overdue: the carrier's answer is late (it may still come).
        parts: billed parts, once delivered.
        detail: the carrier's five digits for a failure (the provider's `detailedStatusId`).
        requeued_as: the tag of the message that was sent in place of this one.
        requeued_from: the tag of the message in whose place this one is sent.
        contradicted: it counts as never sent, but the provider was seen to have it.
        history: every state so far, oldest first; the middle of a very long one is left out.
    """

    client_tag: str
    to: str = field(repr=False)
    lane: Lane
    state: State
    since: datetime
    reason: str
    created_at: datetime
    expires_at: datetime
    send_at: datetime | None = None
    sent_at: datetime | None = None
    group: str | None = None
    carrier: Carrier | None = None
    attempts: int = 0
    cancel_requested: bool = False
    overdue: bool = False
    parts: int | None = None
    detail: str | None = None
    requeued_as: str | None = None
    requeued_from: str | None = None
    contradicted: bool = False
    history: tuple[Event, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """What may be shown or logged, ready for JSON: the phone number is masked."""
        return {
            "client_tag": self.client_tag,
            "to": mask(self.to),
            "lane": self.lane.value,
            "state": self.state.value,
            "since": self.since.isoformat(),
            "reason": self.reason,
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "send_at": self.send_at.isoformat() if self.send_at else None,
            "sent_at": self.sent_at.isoformat() if self.sent_at else None,
            "group": self.group,
            "carrier": self.carrier.value if self.carrier else None,
            "attempts": self.attempts,
            "cancel_requested": self.cancel_requested,
            "overdue": self.overdue,
            "parts": self.parts,
            "detail": self.detail,
            "requeued_as": self.requeued_as,
            "requeued_from": self.requeued_from,
            "contradicted": self.contradicted,
            "history": [
                {"at": event.at.isoformat(), "state": event.state.value, "reason": event.reason}
                for event in self.history
            ],
        }


def recorded(draft: Draft, at: datetime) -> Message:
    """The message that a draft has just become, without reading it back."""
    return Message(
        client_tag=draft.client_tag,
        to=draft.to,
        lane=draft.lane,
        state=State.QUEUED,
        since=at,
        reason="created",
        created_at=at,
        expires_at=(draft.send_at or at) + draft.expires_in,
        send_at=draft.send_at,
        group=draft.group,
        carrier=draft.carrier,
        history=(Event(at, State.QUEUED, "created"),),
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to one item of `send_many`.

    Attributes:
        position: of the item, from 0.
        message: as it was recorded; None where nothing was.
        error: why nothing was recorded; beside a message only `NotDurable`.
        repeated: whether the message was there already, with this tag and content: nothing new is sent.
    """

    position: int
    message: Message | None = None
    error: ZettaiError | None = None
    repeated: bool = False

    @property
    def ok(self) -> bool:
        """Whether the message is recorded, and will be sent."""
        return self.message is not None


class CancelOutcome(StrEnum):
    """What became of a wish to cancel."""

    CANCELED = "canceled"
    """It was not sent, and will not be."""
    PENDING = "pending"
    """The wish is recorded, and carried out once the provider's answer is known."""
    TOO_LATE = "too_late"
    """It was sent, or had come to another end already."""
    NOT_FOUND = "not_found"
    """The store knows no such message."""


@dataclass(frozen=True, slots=True)
class GroupCancel:
    """What became of a wish to cancel many messages: how many have which outcome so far."""

    canceled: int = 0
    pending: int = 0
    too_late: int = 0
