"""A recorded message, as callers see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from zettai.core.carriers import Carrier
from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.phone_numbers import mask
from zettai.core.states import State

SUPPRESSED = "suppressed"
"""The reason of a cancel because of the suppression list."""


PAUSED = "paused"
"""The reason of a cancel because the group is paused. The message has a successor that waits here."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event in the history of a message: it entered a state."""

    at: datetime
    state: State
    reason: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """A recorded message. All times are aware and in Japan time.

    Attributes:
        client_tag: identifies the message, here and at the provider.
        to: the phone number in international form. `repr` leaves it out.
        lane: which messages go first.
        state: the present state.
        since: when the message entered this state.
        reason: why it entered this state; sometimes in the provider's words.
        created_at: when it was recorded.
        expires_at: it is not sent after this time.
        send_at: when to send it; None means at once.
        sent_at: when the provider accepted it. For a reservation, the time at which the provider sends it.
        group: the group it belongs to.
        carrier: the carrier given to `send`.
        carrier_found: the carrier that the provider named with the final status.
        sender: the sender code given to `send`.
        account: the account that sends it; None for the default account.
        sms_code: the sender code of the latest submission.
        metadata: the pairs given to `send`. `repr` leaves them out.
        category: what it is about, such as `transactional`; it decides which suppressions apply.
        created_by: who made it: the name of an API key, or what was given to `send`.
        team: the team of that API key, if it has one.
        attempts: how many times it was submitted to the provider.
        cancel_requested: a cancel waits until the provider's answer is known.
        cancel_requested_at: when that cancel was requested.
        cancel_reason: why, as the reason of the state `canceled` says it later.
        overdue: the final status is late. It may still come.
        parts: the billed parts, if the provider has named them with the final status.
        detail: the carrier's five digits for a failure (the provider's `detailedStatusId`).
        requeued_as: the tag of the message that replaces this one.
        requeued_from: the tag of the message that this one replaces.
        replaced_by: the tag of the message that `replace` made in place of this one.
        replaces: the tag of the message in whose place `replace` made this one.
        erased: the number, the text and the metadata were erased on request: `to` is empty.
        sealed: the number and the metadata are sealed with a key that this process does not have: `to` is empty.
        contradicted: its state says that it was never sent, but the provider has it.
        calls: how many calls about it were made, beside its submissions.
        unknown_since: when the outcome of a submission became unknown for the first time.
        not_found_since: the first of the look-ups in a row that did not find it at the provider.
        tag_used: the provider refused its tag as used before, so that it is only looked up.
        refused: the provider's refusal of its content after an unknown outcome, so that it is only looked up.
        parked: the provider refused it for a reason that may concern all messages.
        bulk_canceled_at: when a call canceled all reservations of its group, this one too.
        traceparent: the W3C trace context of the call that recorded it, if that was traced.
        history: the states so far, oldest first. A very long history lacks its middle.
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
    carrier_found: Carrier | None = None
    sender: str | None = None
    account: str | None = None
    sms_code: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    category: str | None = None
    created_by: str | None = None
    team: str | None = None
    attempts: int = 0
    cancel_requested: bool = False
    cancel_requested_at: datetime | None = None
    cancel_reason: str = "on request"
    overdue: bool = False
    parts: int | None = None
    detail: str | None = None
    requeued_as: str | None = None
    requeued_from: str | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    erased: bool = False
    sealed: bool = False
    contradicted: bool = False
    calls: int = 0
    unknown_since: datetime | None = None
    not_found_since: datetime | None = None
    tag_used: bool = False
    refused: str | None = None
    parked: bool = False
    bulk_canceled_at: datetime | None = None
    traceparent: str | None = None
    history: tuple[Event, ...] = ()

    @property
    def sent_from(self) -> str | None:
        """The sender code under which the provider has the message; None for the default code of the workers."""
        return self.sms_code or self.sender

    @property
    def owner(self) -> str | None:
        """Who the message belongs to: the team, or who made it. None if neither is known."""
        return self.team or self.created_by

    @classmethod
    def from_new(cls, new: NewMessage, created_at: datetime) -> Self:
        """Return the message that a new message becomes when it is recorded."""
        message = cls.__new__(cls)
        # A frozen dataclass makes a call for each of its fields, a fifth of what `send_many` has for a message. So only
        # the fields that differ from their defaults are set here; the defaults are attributes of the class.
        message.__dict__.update(
            client_tag=new.client_tag,
            to=new.to,
            lane=new.lane,
            state=State.QUEUED,
            since=created_at,
            reason="created",
            created_at=created_at,
            expires_at=(new.send_at or created_at) + new.expires_in,
            send_at=new.send_at,
            group=new.group,
            carrier=new.carrier,
            sender=new.sender,
            account=new.account,
            metadata=new.metadata,
            category=new.category,
            created_by=new.created_by,
            team=new.team,
            traceparent=new.traceparent,
            history=(Event(created_at, State.QUEUED, "created"),),
        )
        return message

    def is_repeated_by(self, new: NewMessage) -> bool:
        """Return whether a new message with this tag is the same one, as far as the record still shows.

        It compares all but the text, which is deleted when the message is final. A number that cannot be read equals
        every other.
        """
        own = (self.send_at, self.carrier, self.group, self.sender, self.account)
        given = (new.send_at, new.carrier, new.group, new.sender, new.account)
        return self.to in {"", new.to} and own == given

    @property
    def is_suppressed(self) -> bool:
        """Whether it was canceled because its number is suppressed."""
        return self.state is State.CANCELED and self.reason == SUPPRESSED

    def to_dict(self, *, with_metadata: bool = False) -> dict[str, Any]:
        """Return the message as a dictionary for JSON and logs. The phone number is masked. There is no body.

        Args:
            with_metadata: whether the dictionary has the metadata, which may be personal data.
        """
        metadata = {"metadata": dict(self.metadata)} if with_metadata else {}
        return {
            "client_tag": self.client_tag,
            "to": mask(self.to) if self.to else "",
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
            "carrier_found": self.carrier_found.value if self.carrier_found else None,
            "sender": self.sender,
            "account": self.account,
            **metadata,
            "category": self.category,
            "created_by": self.created_by,
            "attempts": self.attempts,
            "cancel_requested": self.cancel_requested,
            "overdue": self.overdue,
            "parts": self.parts,
            "detail": self.detail,
            "requeued_as": self.requeued_as,
            "requeued_from": self.requeued_from,
            "replaced_by": self.replaced_by,
            "replaces": self.replaces,
            "erased": self.erased,
            "sealed": self.sealed,
            "contradicted": self.contradicted,
            "history": [
                {"at": event.at.isoformat(), "state": event.state.value, "reason": event.reason}
                for event in self.history
            ],
        }


class CancelOutcome(StrEnum):
    """The result of a cancel."""

    CANCELED = "canceled"
    """The message was not sent and will not be."""
    PENDING = "pending"
    """The cancel is recorded. It is done when the provider's answer is known, if it is not too late."""
    TOO_LATE = "too_late"
    """The message was sent, or is in another final state."""
    NOT_FOUND = "not_found"
    """No message has this client tag."""


@dataclass(frozen=True, slots=True)
class GroupCancel:
    """The result of a cancel of many messages: how many have each outcome so far."""

    canceled: int = 0
    pending: int = 0
    too_late: int = 0
