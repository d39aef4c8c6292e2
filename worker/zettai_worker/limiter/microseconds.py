"""Microseconds, the unit of time inside the limiter. Its callers use `timedelta`."""

from datetime import timedelta

SECOND = 1_000_000
MILLISECOND = 1_000


def to_microseconds(duration: timedelta) -> int:
    """Return a duration in whole microseconds."""
    return duration // timedelta(microseconds=1)


def to_timedelta(microseconds: int) -> timedelta:
    """Return a duration from microseconds."""
    return timedelta(microseconds=microseconds)
