"""Reads which groups have open messages. events.lua counts them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

from redis import Redis

from zettai.core.store.keys import Keys


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
    for counter, count in islice(counters, most):
        owner, separator, group = counter.partition("\n")  # see `group_counter` in events.lua
        yield OpenGroup(group if separator else counter, owner if separator else None, int(count))
