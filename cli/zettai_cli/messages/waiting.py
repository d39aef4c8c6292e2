"""Following a message to its end. What its end means for the exit code is decided by the commands."""

from collections.abc import Iterator
from datetime import timedelta
from time import monotonic, sleep

from zettai import Message, SmsClient

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two looks at the store; the pause grows while nothing happens."""


def follow(client: SmsClient, client_tag: str, patience: timedelta) -> Iterator[Message]:
    """The message now, and each time that it has moved on, until its end or the end of our patience."""
    deadline = monotonic() + patience.total_seconds()
    seen, pause = 0, FIRST_PAUSE
    while (message := client.get(client_tag)) is not None:
        moves = len(message.history)
        if moves > seen:
            seen, pause = moves, FIRST_PAUSE
            yield message
        remaining = deadline - monotonic()
        if message.state.is_final or remaining <= 0:
            return
        sleep(min(pause, remaining))
        pause = min(2 * pause, LONGEST_PAUSE)
