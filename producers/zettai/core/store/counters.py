"""Counters that all processes share: messages that entered each state, and how long deliveries took.

The script that changes a state also counts it. So every transition is counted exactly once, whichever process makes it:
web app, worker or command line. The counters say nothing about single messages.
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
"""Upper bounds in seconds. The longest is the time after which status checks stop."""

INFINITE = "inf"


class Transition(NamedTuple):
    """The key of a transition counter: messages of one lane and carrier that entered a state."""

    lane: str
    state: str
    carrier: str


@dataclass(frozen=True, slots=True)
class Deliveries:
    """How long the deliveries of one carrier took, from acceptance until the final status was known.

    Attributes:
        buckets: the number of deliveries in each bucket, by upper bound (`BUCKETS`, then `INFINITE`). A delivery is
            counted in one bucket only.
        seconds: the sum of all durations.
    """

    buckets: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Counters:
    """All counters.

    Attributes:
        transitions: the number of messages that entered each state.
        deliveries: by carrier.
        last_runs: when each periodic job last finished.
    """

    transitions: Mapping[Transition, int]
    deliveries: Mapping[str, Deliveries]
    last_runs: Mapping[str, datetime]


def read_counters(redis: Redis, keys: Keys) -> Counters:
    """Read all counters in one round trip.

    Raises:
        RedisError: Redis did not answer.
    """
    with redis.pipeline(transaction=False) as pipe:
        for key in (keys.transitions, keys.deliveries, keys.last_runs):
            pipe.hgetall(key)
        transitions, deliveries, last_runs = cast("list[dict[str, str]]", pipe.execute())
    return Counters(
        {Transition(*name.split(" ")): int(count) for name, count in transitions.items()},
        _deliveries(deliveries),
        {name: from_milliseconds(at) for name, at in last_runs.items()},
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
