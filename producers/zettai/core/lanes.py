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
