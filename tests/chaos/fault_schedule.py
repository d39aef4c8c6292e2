"""The fault schedule: what goes wrong, and when. It depends on the seed alone, so a run can be repeated."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.chaos.provider_faults import REFUSALS, UNKNOWN_CODES

WORKERS = ("left", "right")
"""The second one may have a wall clock that is ahead."""

BEAT = "beat"

WEBHOOKS, RECEIVER = "webhooks", "receiver"
"""The process that delivers events, and the receiver of their endpoint."""

JUMP = 3600
"""Seconds by which the clock of a host jumps: ahead at first, then back."""


class Kind(StrEnum):
    """What is done."""

    KILL = "kill"
    STOP = "stop"
    CONTINUE = "continue"
    SUSPEND = "suspend"
    RESUME = "resume"
    CLOCK_JUMP = "clock jump"
    REDIS_DOWN = "redis down"
    REDIS_UP = "redis up"
    REDIS_FULL = "redis full"
    REDIS_ROOM = "redis has room"
    CUT_CLIENTS = "cut clients"
    KILL_BEAT = "kill beat"
    KILL_WEBHOOKS = "kill webhooks"
    KILL_RECEIVER = "kill receiver"
    OUTAGE = "outage"
    SILENCE = "silence"
    RECOVERY = "recovery"
    REFUSE = "refuse"
    UNKNOWN_CODE = "unknown code"
    REPUBLISH = "republish"


@dataclass(frozen=True, slots=True, order=True)
class Injection:
    """One fault: seconds after the start, what is done, and the process or the kind of the provider's fault."""

    at: float
    kind: Kind
    target: str = ""


@dataclass(frozen=True, slots=True)
class Intensity:
    """How often each fault is injected, and for how many seconds some of them last.

    Attributes:
        seconds: length of the schedule.
        stopped: seconds of a SIGSTOP or of a suspension; longer than a claim.
        killed: the workers that are killed.
        full: how often the memory of Redis is nearly full.
        full_for: for how many seconds.
    """

    seconds: float
    kills: int
    stops: int
    suspensions: int
    stopped: float
    clock_jumps: int
    redis: int
    redis_away: float
    cut_clients: int
    beat: int
    webhooks: int
    receiver: int
    outages: int
    silences: int
    provider_away: float
    refusals: int
    unknown_codes: int
    republish: int
    killed: Sequence[str] = WORKERS
    full: int = 0
    full_for: float = 3.0


def fault_schedule(seed: int, intensity: Intensity) -> Sequence[Injection]:
    """Return the injections in their order."""
    random = Random(seed)

    def moments(count: int, lasting: float = 0.0) -> list[float]:
        """Divide the time into so many parts, and return a random moment in each."""
        part = intensity.seconds / max(count, 1)
        return [part * number + random.random() * max(part - lasting, part / 4) for number in range(count)]

    schedule: list[Injection] = []
    schedule += [Injection(at, Kind.KILL, random.choice(intensity.killed)) for at in moments(intensity.kills)]
    for begin, end, count in (
        (Kind.STOP, Kind.CONTINUE, intensity.stops),
        (Kind.SUSPEND, Kind.RESUME, intensity.suspensions),
    ):
        for at in moments(count, intensity.stopped):
            name = random.choice(WORKERS)
            schedule += [Injection(at, begin, name), Injection(at + intensity.stopped, end, name)]
    for at in moments(intensity.clock_jumps):
        schedule += [Injection(at, Kind.CLOCK_JUMP, name) for name in (WORKERS[0], BEAT)]
    redis_away, full_for = intensity.redis_away, intensity.full_for
    schedule += _spans(Kind.REDIS_DOWN, Kind.REDIS_UP, moments(intensity.redis, redis_away), redis_away)
    schedule += _spans(Kind.REDIS_FULL, Kind.REDIS_ROOM, moments(intensity.full, full_for), full_for)
    for kind, count in ((Kind.OUTAGE, intensity.outages), (Kind.SILENCE, intensity.silences)):
        for at in moments(count, intensity.provider_away):
            schedule += [Injection(at, kind), Injection(at + intensity.provider_away, Kind.RECOVERY)]
            if kind is Kind.OUTAGE:  # the provider comes back, and the plan's quota is used up
                schedule.append(Injection(at + intensity.provider_away + 0.1, Kind.REFUSE, "quota"))
    for kind, count in (
        (Kind.CUT_CLIENTS, intensity.cut_clients),
        (Kind.KILL_BEAT, intensity.beat),
        (Kind.KILL_WEBHOOKS, intensity.webhooks),
        (Kind.KILL_RECEIVER, intensity.receiver),
        (Kind.REPUBLISH, intensity.republish),
    ):
        schedule += [Injection(at, kind) for at in moments(count)]
    for kind, targets, count in (
        (Kind.REFUSE, REFUSALS, intensity.refusals),
        (Kind.UNKNOWN_CODE, list(UNKNOWN_CODES), intensity.unknown_codes),
    ):
        schedule += [Injection(at, kind, targets[number % len(targets)]) for number, at in enumerate(moments(count))]
    return sorted(schedule)


def _spans(begin: Kind, end: Kind, moments: Sequence[float], seconds: float) -> Iterator[Injection]:
    """Yield a fault at each moment, and its end after some seconds."""
    for at in moments:
        yield Injection(at, begin)
        yield Injection(at + seconds, end)


def count_kinds(schedule: Sequence[Injection]) -> Counter[Kind]:
    """Return how often each fault is injected."""
    return Counter(injection.kind for injection in schedule)
