"""The storm: what goes wrong, and when. Made from the seed alone, so that a seed brings the same storm again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

WORKERS = ("left", "right")
"""The second may live ahead of its time."""

SUSTAINED = (
    "cut_before",
    "cut_after",
    "error_after",
    "hang_after",
    "system_error_after",
    "system_error",
    "broken_json",
    "html",
)
"""Kinds of fault that strike all the time."""

REFUSALS = ("unavailable", "throttled", "quota")
"""Kinds that slow down or hold the whole account: they strike now and then, a few times."""

RATE = 0.05
"""The part of all calls that the sustained faults strike."""


class Kind(StrEnum):
    """What happens."""

    KILL = "kill"
    STOP = "stop"
    CONTINUE = "continue"
    REDIS_DOWN = "redis down"
    REDIS_UP = "redis up"
    CUT_CLIENTS = "cut clients"
    KILL_BEAT = "kill beat"
    OUTAGE = "outage"
    SILENCE = "silence"
    WELL = "well"
    REFUSE = "refuse"
    REPUBLISH = "republish"


@dataclass(frozen=True, slots=True, order=True)
class Blow:
    """One thing that happens, so many seconds after the beginning, to a worker or with a kind of fault."""

    at: float
    kind: Kind
    target: str = ""


@dataclass(frozen=True, slots=True)
class Strength:
    """How often each thing happens, within how many seconds; some last so many seconds.

    Attributes:
        stopped: longer than a lease.
    """

    seconds: float
    kills: int
    stops: int
    stopped: float
    redis: int
    redis_away: float
    cut_clients: int
    beat: int
    outages: int
    silences: int
    provider_away: float
    refusals: int
    republish: int


def storm(seed: int, strength: Strength) -> Sequence[Blow]:
    """The blows in their order."""
    random = Random(seed)

    def moments(count: int, lasting: float = 0.0) -> list[float]:
        """One moment somewhere in each of so many parts of the time."""
        part = strength.seconds / max(count, 1)
        return [part * number + random.random() * max(part - lasting, part / 4) for number in range(count)]

    blows: list[Blow] = []
    blows += [Blow(at, Kind.KILL, random.choice(WORKERS)) for at in moments(strength.kills)]
    for at in moments(strength.stops, strength.stopped):
        name = random.choice(WORKERS)
        blows += [Blow(at, Kind.STOP, name), Blow(at + strength.stopped, Kind.CONTINUE, name)]
    for at in moments(strength.redis, strength.redis_away):
        blows += [Blow(at, Kind.REDIS_DOWN), Blow(at + strength.redis_away, Kind.REDIS_UP)]
    for kind, count in ((Kind.OUTAGE, strength.outages), (Kind.SILENCE, strength.silences)):
        for at in moments(count, strength.provider_away):
            blows += [Blow(at, kind), Blow(at + strength.provider_away, Kind.WELL)]
    blows += [Blow(at, Kind.CUT_CLIENTS) for at in moments(strength.cut_clients)]
    blows += [Blow(at, Kind.KILL_BEAT) for at in moments(strength.beat)]
    blows += [
        Blow(at, Kind.REFUSE, REFUSALS[number % len(REFUSALS)]) for number, at in enumerate(moments(strength.refusals))
    ]
    blows += [Blow(at, Kind.REPUBLISH) for at in moments(strength.republish)]
    return sorted(blows)


def faults(*, refuse: str = "", outage: bool = False) -> list[dict[str, object]]:
    """The simulator's faults: the sustained ones on every endpoint, and what is added for a while."""
    if outage:
        return [{"kind": "cut_before", "endpoint": "*"}]
    kinds = SUSTAINED
    added = [{"kind": refuse, "times": 3, "endpoint": "*"}] if refuse else []
    return [*added, *({"kind": kind, "rate": RATE / len(kinds), "endpoint": "*"} for kind in kinds)]


def counted(blows: Sequence[Blow]) -> Counter[Kind]:
    """How often each thing happens."""
    return Counter(blow.kind for blow in blows)
