"""Waits for the final state of a message."""

from collections.abc import Iterator
from datetime import timedelta
from time import monotonic, sleep

from zettai import Message, SmsClient

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two reads of the store. The pause doubles while nothing changes."""


def wait_for_final_state(client: SmsClient, client_tag: str, timeout: timedelta) -> Iterator[Message]:
    """Yield the message now and after each state change, until its final state or the timeout."""
    deadline = monotonic() + timeout.total_seconds()
    seen, pause = 0, FIRST_PAUSE
    while (message := client.get(client_tag)) is not None:
        changes = len(message.history)
        if changes > seen:
            seen, pause = changes, FIRST_PAUSE
            yield message
        remaining = deadline - monotonic()
        if message.state.is_final or remaining <= 0:
            return
        sleep(min(pause, remaining))
        pause = min(2 * pause, LONGEST_PAUSE)
