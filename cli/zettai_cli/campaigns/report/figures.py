"""What a campaign's report tells: plain values. How they come about stands in `sums.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from zettai import State
from zettai_cli.campaigns.report.timeline import Timeline
from zettai_cli.shared.percentiles import Spread


class Outcome(StrEnum):
    """What a state means for a campaign. Each message has one."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    UNKNOWN = "unknown"
    """Nobody answered in time; it may have arrived."""
    UNDER_WAY = "under way"
    """At the provider."""
    PENDING = "pending"
    """Not known to be at the provider."""
    CANCELED = "canceled"
    EXPIRED = "expired"
    REFUSED = "refused"
    """Rejected or failed: never sent."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why messages ended badly.

    Attributes:
        state: in which they ended.
        reason: the carrier's cause with its code, or the provider's words.
        messages: how many.
    """

    state: State
    reason: str
    messages: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Parts that are billed: those that the provider told, and apart from them those that may still come.

    Attributes:
        billed: parts, told by the provider.
        of: messages for which it told them.
        expected: parts that open messages will be billed as if they are delivered: an estimate.
        expected_of: messages for which it could be made: from their text, or by the average of the parts told.
        unknown: messages that may be billed, or may have been, without anything to estimate it by.
    """

    billed: int
    of: int
    expected: int
    expected_of: int
    unknown: int

    def to_dict(self) -> dict[str, int]:
        """Ready for JSON."""
        return {
            "billed_parts": self.billed,
            "billed_messages": self.of,
            "expected_parts": self.expected,
            "expected_messages": self.expected_of,
            "unknown_messages": self.unknown,
        }


@dataclass(frozen=True, slots=True)
class CarrierSums:
    """The messages to one carrier, as the senders named it."""

    messages: int
    sent: int
    delivered: int
    undelivered: int
    delay: Spread | None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "messages": self.messages,
            "sent": self.sent,
            "delivered": self.delivered,
            "undelivered": self.undelivered,
            "delay_seconds": self.delay.to_dict() if self.delay else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a group.

    Attributes:
        group: its tag.
        at: the moment, by the clock of Redis.
        created: when its first and its last message were recorded.
        sent: messages that the provider has surely taken for sending.
        outcomes: messages by what became of them; each is in one.
        states: the same by their states.
        causes: of bad ends, the most frequent first.
        delay: seconds from accepted to delivered, as far as we learnt when.
        carriers: as the senders named them, the largest first.
        ends: deliveries and failures over time.
    """

    group: str
    at: datetime
    messages: int
    created: tuple[datetime, datetime] | None
    sent: int
    outcomes: Mapping[Outcome, int]
    states: Mapping[State, int]
    causes: tuple[Cause, ...]
    cost: Cost
    delay: Spread | None
    carriers: Mapping[str, CarrierSums]
    ends: Timeline | None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "group": self.group,
            "at": self.at.isoformat(),
            "messages": self.messages,
            "created": [moment.isoformat() for moment in self.created] if self.created else None,
            "sent": self.sent,
            "outcomes": {outcome.value: count for outcome, count in self.outcomes.items()},
            "states": {state.value: count for state, count in self.states.items()},
            "causes": [
                {"state": cause.state.value, "reason": cause.reason, "messages": cause.messages}
                for cause in self.causes
            ],
            "cost": self.cost.to_dict(),
            "delay_seconds": self.delay.to_dict() if self.delay else None,
            "carriers": {name: sums.to_dict() for name, sums in self.carriers.items()},
            "ends": self.ends.to_dict() if self.ends else None,
        }
