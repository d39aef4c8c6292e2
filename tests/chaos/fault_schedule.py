"""The fault schedule: what goes wrong, and when. It depends on the seed alone, so a run can be repeated."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

WORKERS = ("left", "right")
"""The second one may have a wall clock that is ahead."""

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
"""Faults of the provider that are active all the time."""

REFUSALS = ("unavailable", "throttled", "quota")
"""Faults of the provider that slow down or suspend the whole account: they are injected a few times."""

RATE = 0.05
"""Share of all calls that the sustained faults affect."""


class Kind(StrEnum):
    """What is done."""

    KILL = "kill"
    STOP = "stop"
    CONTINUE = "continue"
    REDIS_DOWN = "redis down"
    REDIS_UP = "redis up"
    CUT_CLIENTS = "cut clients"
    KILL_BEAT = "kill beat"
    OUTAGE = "outage"
    SILENCE = "silence"
    RECOVERY = "recovery"
    REFUSE = "refuse"
    REPUBLISH = "republish"


@dataclass(frozen=True, slots=True, order=True)
class Injection:
    """One fault: seconds after the start, what is done, and the worker or the kind of the provider's fault."""

    at: float
    kind: Kind
    target: str = ""


@dataclass(frozen=True, slots=True)
class Intensity:
    """How often each fault is injected, and for how many seconds some of them last.

    Attributes:
        seconds: length of the schedule.
        stopped: seconds of a SIGSTOP; longer than a lease.
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


def fault_schedule(seed: int, intensity: Intensity) -> Sequence[Injection]:
    """Return the injections in their order."""
    random = Random(seed)

    def moments(count: int, lasting: float = 0.0) -> list[float]:
        """Divide the time into so many parts, and return a random moment in each."""
        part = intensity.seconds / max(count, 1)
        return [part * number + random.random() * max(part - lasting, part / 4) for number in range(count)]

    schedule: list[Injection] = []
    schedule += [Injection(at, Kind.KILL, random.choice(WORKERS)) for at in moments(intensity.kills)]
    for at in moments(intensity.stops, intensity.stopped):
        name = random.choice(WORKERS)
        schedule += [Injection(at, Kind.STOP, name), Injection(at + intensity.stopped, Kind.CONTINUE, name)]
    for at in moments(intensity.redis, intensity.redis_away):
        schedule += [Injection(at, Kind.REDIS_DOWN), Injection(at + intensity.redis_away, Kind.REDIS_UP)]
    for kind, count in ((Kind.OUTAGE, intensity.outages), (Kind.SILENCE, intensity.silences)):
        for at in moments(count, intensity.provider_away):
            schedule += [Injection(at, kind), Injection(at + intensity.provider_away, Kind.RECOVERY)]
    schedule += [Injection(at, Kind.CUT_CLIENTS) for at in moments(intensity.cut_clients)]
    schedule += [Injection(at, Kind.KILL_BEAT) for at in moments(intensity.beat)]
    schedule += [
        Injection(at, Kind.REFUSE, REFUSALS[number % len(REFUSALS)])
        for number, at in enumerate(moments(intensity.refusals))
    ]
    schedule += [Injection(at, Kind.REPUBLISH) for at in moments(intensity.republish)]
    return sorted(schedule)


def provider_faults(*, refuse: str = "", outage: bool = False) -> list[dict[str, object]]:
    """Return the simulator's faults: the sustained ones on every endpoint, and those that are added for a while."""
    if outage:
        return [{"kind": "cut_before", "endpoint": "*"}]
    kinds = SUSTAINED
    added = [{"kind": refuse, "times": 3, "endpoint": "*"}] if refuse else []
    return [*added, *({"kind": kind, "rate": RATE / len(kinds), "endpoint": "*"} for kind in kinds)]


def count_kinds(schedule: Sequence[Injection]) -> Counter[Kind]:
    """Return how often each fault is injected."""
    return Counter(injection.kind for injection in schedule)
