"""Reads the stream of events in order. The scripts append to it."""

from collections.abc import Iterator
from typing import cast

from redis import Redis

from zettai.core.events import MessageEvent
from zettai.core.store.keys import Keys

PAGE = 1_000
"""Events that are read at once."""


def read_events(redis: Redis, keys: Keys, *, after: str = "-") -> Iterator[MessageEvent]:
    """Yield the events that Redis keeps, oldest first, without their messages.

    Args:
        redis: the connections.
        keys: the names of the keys.
        after: the id of an event: only later ones are yielded.

    Raises:
        RedisError: Redis did not answer.
    """
    start = after if after == "-" else f"({after}"
    while page := cast("list[tuple[str, dict[str, str]]]", redis.xrange(keys.events, min=start, count=PAGE)):
        for entry_id, fields in page:
            yield MessageEvent.from_entry(entry_id, fields)
        start = f"({page[-1][0]}"
