"""Wait for a condition."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_INTERVAL = 0.05
"""Seconds between two checks of the condition."""


def wait_until(condition: Callable[[], T], timeout: float) -> T:
    """Call the condition until it returns something true, and return that; after the timeout return its last value."""
    deadline = time.monotonic() + timeout
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL)
    return value
