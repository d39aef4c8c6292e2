"""What the store counts, for all processes together: messages that came into each state, and how long deliveries took.

Each transition is counted by the script that makes it, so nobody can count it twice or forget it: web apps, workers and
the command line alike. The fields are few, and tell nothing of any one message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast

from redis import Redis

from zettai.core.store.keys import Keys
from zettai.core.times import from_milliseconds

HOUR = 3600

BUCKETS = (5, 15, 30, 60, 120, 300, 600, 1200, 1800, HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 72 * HOUR)
"""Upper bounds in seconds: from a handset that is there, over a failure at KDDI, to the end of our patience."""

INFINITE = "inf"


class Move(NamedTuple):
    """What is counted together: messages of one lane and carrier that came into a state."""

    lane: str
    state: str
    carrier: str


@dataclass(frozen=True, slots=True)
class Deliveries:
    """How long the deliveries of one carrier took, from acceptance until we knew.

    Attributes:
        buckets: how many took no longer than each upper bound (`BUCKETS`, then `INFINITE`), but longer than the one
            before.
        seconds: the sum of all.
    """

    buckets: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Tallies:
    """All that is counted.

    Attributes:
        moves: how many messages came into a state.
        deliveries: by carrier.
        ran: when each of beat's rounds last came to its end.
    """

    moves: Mapping[Move, int]
    deliveries: Mapping[str, Deliveries]
    ran: Mapping[str, datetime]


def read_tallies(redis: Redis, keys: Keys) -> Tallies:
    """Read what was counted, in one round trip.

    Raises:
        RedisError: Redis does not answer.
    """
    with redis.pipeline(transaction=False) as pipe:
        for key in (keys.moves, keys.deliveries, keys.ran):
            pipe.hgetall(key)
        moves, deliveries, ran = cast("list[dict[str, str]]", pipe.execute())
    return Tallies(
        {Move(*name.split(" ")): int(count) for name, count in moves.items()},
        _deliveries(deliveries),
        {name: from_milliseconds(at) for name, at in ran.items()},
    )


def _deliveries(fields: Mapping[str, str]) -> Mapping[str, Deliveries]:
    carriers = sorted({name.split(" ")[0] for name in fields})
    names = (*map(str, BUCKETS), INFINITE)
    return {
        carrier: Deliveries(
            {name: int(fields.get(f"{carrier} {name}", 0)) for name in names},
            int(fields.get(f"{carrier} ms", 0)) / 1000,
        )
        for carrier in carriers
    }
