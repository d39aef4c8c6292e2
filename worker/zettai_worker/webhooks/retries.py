"""A delivery of an event to an endpoint, and when it is tried again: pure functions."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Self

from zettai.core.events import MessageEvent
from zettai_worker.webhooks.settings import WebhookSettings


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that an endpoint must get. All times are seconds on the clock of Redis.

    Attributes:
        event: without its message.
        attempts: how many were made.
        first_at: when the first one was made; None before it.
        due: when the next one is made.
        stored: it is in the retry set, and acknowledged in the stream.
    """

    event: MessageEvent
    attempts: int = 0
    first_at: float | None = None
    due: float = 0.0
    stored: bool = False

    @property
    def key(self) -> str:
        """What is delivered in order: the events of a message, or those about a group."""
        return self.event.client_tag or f"group {self.event.group}"

    @property
    def position(self) -> tuple[int, ...]:
        """The position of the event in the stream."""
        return tuple(int(part) for part in self.event.id.split("-"))

    def to_json(self) -> str:
        """Return the delivery as Redis keeps it. It has no number and no text."""
        return json.dumps(
            {**entry_fields(self.event), "attempts": self.attempts, "first": self.first_at, "due": self.due}
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return a delivery that Redis kept.

        Raises:
            ValueError: it is of a newer version.
        """
        fields = json.loads(text)
        event = MessageEvent.from_entry(fields["id"], fields)
        return cls(event, fields.get("attempts", 0), fields.get("first"), fields.get("due") or 0.0, stored=True)


def entry_fields(event: MessageEvent) -> dict[str, str]:
    """Return the fields of an event as the stream has them, and its id."""
    return {
        "id": event.id,
        "type": event.type.value,
        "tag": event.client_tag,
        "reason": event.reason,
        "group": event.group or "",
        "created_by": event.created_by or "",
    }


def gap(failures: int, first: timedelta, cap: timedelta, random: Random) -> float:
    """Return the seconds until the next attempt after so many failures: they double, and half of them are random."""
    longest = min(first.total_seconds() * 2.0 ** min(failures - 1, 60), cap.total_seconds())
    return longest * (0.5 + random.random() / 2)


def after_failure(delivery: Delivery, now: float, settings: WebhookSettings, random: Random) -> Delivery | None:
    """Return the delivery with its next attempt; None if it is given up.

    Args:
        delivery: whose attempt failed.
        now: when it failed.
        settings: the gaps.
        random: makes the jitter.
    """
    first_at = now if delivery.first_at is None else delivery.first_at
    if now - first_at >= settings.webhook_give_up_after.total_seconds():
        return None
    attempts = delivery.attempts + 1
    wait = gap(attempts, settings.webhook_retry_after, settings.webhook_retry_cap, random)
    return replace(delivery, attempts=attempts, first_at=first_at, due=now + wait, stored=True)
