"""Producers that the loop guard has paused. `loops.lua` counts what they send."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

from redis import Redis

from zettai.core.store.keys import Keys

LOOP_MINUTES = 60
"""Minutes from which the usual rate of a producer is known. Before that, the guard does not judge it."""

LOOP_LEAST = 100
"""Messages in a minute that are never too many."""


@dataclass(frozen=True, slots=True)
class Producer:
    """What a producer sends in one lane.

    Attributes:
        name: of its API key, or `library`.
        lane: the lane.
        count: its messages in the latest minute.
        usual: how many it usually sends in a minute.
        paused: whether its messages are refused.
    """

    name: str
    lane: str
    count: int
    usual: float
    paused: bool

    @classmethod
    def read(cls, field: str, text: str) -> Self:
        """Read a field of the hash `Keys.loops`."""
        name, _, lane = field.rpartition(" ")
        values: Mapping[str, Any] = json.loads(text)
        return cls(name, lane, int(values["count"]), float(values["usual"]), bool(values.get("paused")))


def read_producers(fields: Mapping[str, str]) -> list[Producer]:
    """Return the producers of the hash `Keys.loops`, by name and lane."""
    return [Producer.read(field, text) for field, text in sorted(fields.items())]


def resume_producers(redis: Redis, keys: Keys) -> list[Producer]:
    """Let all paused producers send again, and return them. What they sent in their last minute counts as usual now."""
    paused = [one for one in read_producers(cast("dict[str, str]", redis.hgetall(keys.loops))) if one.paused]
    for one in paused:
        values = {"count": 0, "usual": max(one.usual, one.count), "seen": LOOP_MINUTES}
        redis.hset(keys.loops, f"{one.name} {one.lane}", json.dumps(values))
    return paused
