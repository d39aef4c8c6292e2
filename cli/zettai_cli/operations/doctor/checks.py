"""What `doctor` judges: pure decisions. How it is found out stands in `probes.py`.

Each takes what was found and answers a `Check`. What could not be found out is unknown, which is not a failure: a
managed Redis keeps some of its configuration to itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from zettai.core.lanes import Lane
from zettai_worker.limiter import LimiterState

OLDEST_REDIS = (6, 2)
"""The first version with every command that the scripts use."""

CLOCK_WARNING, CLOCK_FAILURE = timedelta(seconds=2), timedelta(seconds=60)
"""How far this machine's clock may be from the one of Redis. Only the redelivery of tasks reads it."""

CERTIFICATE_WARNING = timedelta(days=14)

OLD = timedelta(minutes=10)
"""A message that is queued for longer waits for something: a large campaign, a pause, or workers."""


class Verdict(StrEnum):
    """What a check came to."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's report.

    Attributes:
        name: what was looked at.
        verdict: what it came to.
        found: in a few words.
        advice: what to do about it, where something is to be done.
    """

    name: str
    verdict: Verdict
    found: str
    advice: str = ""

    def to_dict(self) -> dict[str, str]:
        """Ready for JSON."""
        return asdict(self)


def ok(name: str, found: str) -> Check:
    """All is well."""
    return Check(name, Verdict.OK, found)


def warning(name: str, found: str, advice: str) -> Check:
    """It works, but."""
    return Check(name, Verdict.WARNING, found, advice)


def failed(name: str, found: str, advice: str) -> Check:
    """It does not work, or not safely."""
    return Check(name, Verdict.FAILED, found, advice)


def unknown(name: str, advice: str) -> Check:
    """It could not be found out."""
    return Check(name, Verdict.UNKNOWN, "unknown", advice)


def server(info: Mapping[str, Any]) -> Check:
    """Whether this Redis can do what is needed of it."""
    version = str(info.get("redis_version", ""))
    if not version:
        return unknown("redis server", "this Redis does not tell; see that it is 6.2 or later, and no cluster")
    found = " ".join(str(info[name]) for name in ("server_name", "valkey_version") if name in info)
    found = f"Redis {version}" + (f" ({found})" if found else "")
    if info.get("redis_mode") == "cluster":
        return failed("redis server", f"{found}, cluster", "Celery knows no Redis Cluster; use one server, or Sentinel")
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_REDIS:
        return failed("redis server", found, "use Redis 6.2 or later, or Valkey")
    return ok("redis server", found)


def persistence(info: Mapping[str, Any], fsync: str | None) -> Check:
    """Whether a restart of Redis loses messages.

    Args:
        info: of the server.
        fsync: its `appendfsync`, where it tells.
    """
    name, advice = "redis persistence", "set appendonly yes and appendfsync everysec, or accepted messages can be lost"
    enabled = info.get("aof_enabled")
    if enabled is None:
        return unknown(name, "this Redis does not tell; see that it keeps an append-only file")
    if not int(enabled):
        return failed(name, "appendonly no", advice)
    if fsync == "no":
        return warning(name, "appendonly yes, appendfsync no", advice)
    return ok(name, f"appendonly yes, appendfsync {fsync or 'unknown'}")


def durability(why_not: str | None, *, demanded: bool) -> Check:
    """Whether a message can be accepted durably.

    Args:
        why_not: what is missing; None where nothing is.
        demanded: by the setting, for all messages.
    """
    name = "durable acceptance"
    if why_not is None:
        return ok(name, "on, for all messages" if demanded else "possible, where send(durable=True) asks for it")
    found, _, advice = why_not.partition("; ")
    return (failed if demanded else warning)(name, found, advice)


def eviction(info: Mapping[str, Any]) -> Check:
    """Whether Redis throws messages away when it is full."""
    policy = info.get("maxmemory_policy")
    if policy is None:
        return unknown("redis eviction", "this Redis does not tell; see that maxmemory-policy is noeviction")
    if policy != "noeviction":
        return failed("redis eviction", str(policy), "set maxmemory-policy noeviction, or messages vanish silently")
    return ok("redis eviction", str(policy))


def clock(ahead: timedelta) -> Check:
    """How far this machine's clock is ahead of the one of Redis."""
    found = f"{ahead.total_seconds():+.3f} s against Redis"
    advice = "set the clock (NTP); a wrong one brings tasks back too early or too late, though never twice to a phone"
    if abs(ahead) >= CLOCK_FAILURE:
        return failed("clock", found, advice)
    return warning("clock", found, advice) if abs(ahead) >= CLOCK_WARNING else ok("clock", found)


def visibility(visibility_timeout: timedelta, lease: timedelta) -> Check:
    """Whether tasks come back only when their messages' leases are over."""
    found = f"{visibility_timeout.total_seconds():.0f} s; a message's lease is {lease.total_seconds():.0f} s"
    if visibility_timeout < 2 * lease:
        return warning("visibility timeout", found, "lower ZETTAI_LEASE; else tasks come back while they still run")
    return ok("visibility timeout", found)


def certificate(remaining: timedelta, version: str) -> Check:
    """How long the provider's certificate is still valid."""
    found = f"{version}, certificate valid for {remaining.days} days"
    if remaining < CERTIFICATE_WARNING:
        return warning("provider TLS", found, "the provider must renew it; sending stops when it ends")
    return ok("provider TLS", found)


def workers(nodes: Sequence[str]) -> Check:
    """Whether anybody works."""
    if not nodes:
        return failed("workers", "none answers", "start zettai worker, and look at its log")
    return ok("workers", f"{len(nodes)} answer: {', '.join(sorted(nodes))}")


def beat(locked: object) -> Check:
    """Whether anybody ticks: without beat nothing is retried, checked or swept."""
    if not locked:
        return failed("beat", "none holds the lock", "run zettai worker with beat on one host at least")
    return ok("beat", "one holds the lock")


def queues(lengths: Mapping[Lane, int]) -> Check:
    """How many tasks wait; that is no verdict, since a campaign is a long queue."""
    return ok("queues", ", ".join(f"{lane} {length:,}" for lane, length in lengths.items()))


def oldest(age: timedelta | None) -> Check:
    """How long the message has waited that waits the longest to be sent at once."""
    if age is None:
        return ok("oldest queued", "none waits")
    found = f"for {age.total_seconds():,.0f} s"
    if age > OLD:
        return warning(
            "oldest queued", found, "see zettai list --state queued; are workers running, and the rate as set?"
        )
    return ok("oldest queued", found)


def limit(state: LimiterState) -> Check:
    """Whether the rate limit stands where the setting has it."""
    found = f"{state.limit}, now {state.rate:.1f} calls a second"
    if state.paused:
        return warning("rate limit", f"{found}, paused", "zettai limiter resume, when calls may go on")
    if state.override is not None:
        return warning(
            "rate limit", f"{found}, set by hand", "zettai limiter set --default, when it may go on as usual"
        )
    return ok("rate limit", found)
