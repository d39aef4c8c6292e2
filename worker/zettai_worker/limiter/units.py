"""Microseconds, the unit inside the limiter. Outside, durations are `timedelta`."""

import time
from datetime import timedelta

SECOND = 1_000_000
MILLISECOND = 1_000


def microseconds(duration: timedelta) -> int:
    """A duration in whole microseconds."""
    return duration // timedelta(microseconds=1)


def local_now() -> int:
    """This process's monotonic clock. No wall clock of a worker is ever read."""
    return time.monotonic_ns() // 1_000


def duration(microseconds: int) -> timedelta:
    """The reverse."""
    return timedelta(microseconds=microseconds)
