"""The lanes: which message goes first."""

from enum import StrEnum


class Lane(StrEnum):
    """A Celery queue of its own, and a priority in the rate limit; most urgent first."""

    URGENT = "urgent"
    """One-time passwords, and all cancels."""
    NORMAL = "normal"
    """Single sends."""
    BULK = "bulk"
    """Campaigns, as chunks."""
    STATUS = "status"
    """Status checks and reconciliation: last, but with a floor."""


SENDING_LANES = (Lane.URGENT, Lane.NORMAL, Lane.BULK)
"""The lanes that a message may be sent in."""
