"""Reads which groups have open messages, and which are finished. events.lua counts them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from typing import cast

from redis import Redis

from zettai.core.store.keys import Keys
from zettai.core.times import from_milliseconds

PAGE = 500
"""Finished groups that are read at once."""


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """The open messages of an owner in a group.

    Attributes:
        name: of the group.
        owner: see `Message.owner`.
        open: number of messages that are not in a final state.
    """

    name: str
    owner: str | None
    open: int


def read_open_groups(redis: Redis, keys: Keys, most: int) -> Iterator[OpenGroup]:
    """Yield groups with open messages, in no order.

    Args:
        redis: the connections.
        keys: the names of the keys.
        most: how many are read at most.

    Raises:
        RedisError: Redis does not answer.
    """
    counters = cast("Iterator[tuple[str, str]]", redis.hscan_iter(keys.open_in_groups, count=most))
    for counter, open_count in islice(counters, most):
        yield OpenGroup(*_name_and_owner(counter), int(open_count))


@dataclass(frozen=True, slots=True)
class FinishedGroup:
    """A group of an owner, all of whose messages are in a final state.

    Attributes:
        name: of the group.
        owner: see `Message.owner`.
        finished_at: when its last message ended.
    """

    name: str
    owner: str | None
    finished_at: datetime


def read_finished_groups(redis: Redis, keys: Keys) -> Iterator[FinishedGroup]:
    """Yield finished groups, the latest first: the newest ones that Redis keeps.

    Raises:
        RedisError: Redis does not answer.
    """
    for start in count(0, PAGE):
        page = cast(
            "list[tuple[str, float]]",
            redis.zrange(keys.finished_groups, start, start + PAGE - 1, desc=True, withscores=True),
        )
        counters = [counter for counter, _ in page]
        # A group may have got further messages since.
        is_open = cast("list[str | None]", redis.hmget(keys.open_in_groups, counters)) if counters else []
        for (counter, finished_at), open_count in zip(page, is_open, strict=True):
            if open_count is None:
                yield FinishedGroup(*_name_and_owner(counter), from_milliseconds(finished_at))
        if len(page) < PAGE:
            return


def _name_and_owner(counter: str) -> tuple[str, str | None]:
    """Return the group and the owner of a counter; see `group_counter` in events.lua."""
    owner, separator, group = counter.partition("\n")
    return (group, owner) if separator else (counter, None)
