"""The values of a campaign report. `builder.py` computes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from zettai.campaign_report.percentiles import Percentiles
from zettai.campaign_report.timeline import Timeline
from zettai.core.states import State


class Outcome(StrEnum):
    """The outcome of a message for the campaign. Each state belongs to one outcome."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    UNKNOWN = "unknown"
    """No answer came in time. The message may have arrived."""
    UNDER_WAY = "under way"
    """The provider has the message."""
    PENDING = "pending"
    """The message is not sent yet, or its outcome at the provider is unknown."""
    CANCELED = "canceled"
    EXPIRED = "expired"
    REFUSED = "refused"
    """Rejected or failed: it was never sent."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why messages were not delivered.

    Attributes:
        state: their final state.
        reason: the cause with the code of the carrier, or the text from the provider.
        messages: number of messages.
    """

    state: State
    reason: str
    messages: int


@dataclass(frozen=True, slots=True)
class Cost:
    """The number of billed parts: those that the provider has reported, and an estimate for open messages.

    Attributes:
        billed: parts that the provider has reported.
        of: number of messages for which it reported parts.
        expected: estimated parts of open messages, if they are delivered.
        expected_of: number of messages in the estimate. It uses their text, or else the average of the reported parts.
        unknown: number of messages that may be billed, without an estimate.
    """

    billed: int
    of: int
    expected: int
    expected_of: int
    unknown: int

    def to_dict(self) -> dict[str, int]:
        """Return the values for JSON."""
        return {
            "billed_parts": self.billed,
            "billed_messages": self.of,
            "expected_parts": self.expected,
            "expected_messages": self.expected_of,
            "unknown_messages": self.unknown,
        }


@dataclass(frozen=True, slots=True)
class CarrierStatistics:
    """The messages to one carrier: the provider found it, or else the sender named it."""

    messages: int
    sent: int
    delivered: int
    undelivered: int
    delay: Percentiles | None

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        return {
            "messages": self.messages,
            "sent": self.sent,
            "delivered": self.delivered,
            "undelivered": self.undelivered,
            "delay_seconds": self.delay.to_dict() if self.delay else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The report about one group.

    Attributes:
        group: its name.
        at: the time of the report, from the clock of Redis.
        created: when the first and the last message were recorded.
        sent: number of messages that the provider has accepted for sure.
        outcomes: number of messages by outcome.
        states: number of messages by state.
        causes: why messages were not delivered, most frequent first.
        delay: seconds from accepted to delivered, where both times are known.
        carriers: as the provider found them, or else as the senders named them, largest first.
        timeline: deliveries and failures over time.
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
    delay: Percentiles | None
    carriers: Mapping[str, CarrierStatistics]
    timeline: Timeline | None

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
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
            "carriers": {name: carrier.to_dict() for name, carrier in self.carriers.items()},
            "ends": self.timeline.to_dict() if self.timeline else None,
        }
