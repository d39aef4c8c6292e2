"""Reads the stream of events in order. The scripts append to it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import cast

from redis import Redis

from zettai.core.events import MessageEvent
from zettai.core.store.keys import Keys
from zettai.core.times import milliseconds

PAGE = 1_000
"""Events that are read at once."""

WAIT = timedelta(seconds=1)
"""How long Redis is asked to wait for an event at a time. It must be shorter than the time for an answer."""


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


def follow_events(redis: Redis, keys: Keys) -> Iterator[MessageEvent]:
    """Yield the events that are appended from now on, without their messages. It never ends.

    Raises:
        RedisError: Redis did not answer.
    """
    newest = cast("list[tuple[str, dict[str, str]]]", redis.xrevrange(keys.events, count=1))
    after = newest[0][0] if newest else "0-0"
    while True:
        redis.xread({keys.events: after}, count=1, block=milliseconds(WAIT))
        for event in read_events(redis, keys, after=after):
            yield event
            after = event.id
