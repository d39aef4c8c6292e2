"""The lanes: which message goes first."""

from enum import StrEnum


class Lane(StrEnum):
    """A Celery queue and a priority in the rate limit. The most urgent lane comes first."""

    URGENT = "urgent"
    """For one-time passwords, and for all cancels."""
    NORMAL = "normal"
    """For single messages."""
    BULK = "bulk"
    """For campaigns."""
    STATUS = "status"
    """For status checks and reconciliation. It comes last, but has a minimum share of the rate limit."""


SENDING_LANES = (Lane.URGENT, Lane.NORMAL, Lane.BULK)
"""The lanes in which messages are sent."""

TURN_LANES = (Lane.NORMAL, Lane.BULK)
"""The lanes in which groups take turns. The urgent lane is first in, first out."""


def queue_name(lane: Lane, account: str | None = None) -> str:
    """Return the name of the Celery queue of a lane. An account has queues of its own, so it delays no other one."""
    return str(lane) if account is None else f"{lane}@{account}"


def parse_queue(name: str) -> tuple[Lane, str | None]:
    """Return the lane and the account of a queue.

    Raises:
        ValueError: it is not one of our queues.
    """
    lane, _, account = name.partition("@")
    return Lane(lane), account or None
