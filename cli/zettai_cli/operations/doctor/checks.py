"""The checks of `doctor`, without input or output. `inspection.py` collects what they need.

Each returns a `Check`. If a fact is not available, the result is `unknown`, which is not a failure: a managed Redis
hides some of its configuration.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from zettai.core.errors import IncompatibleStore
from zettai.core.lanes import Lane
from zettai.core.store.layout import LAYOUT
from zettai.core.store.memory import ACCEPT_BELOW, MemoryUse
from zettai.core.store.suspension import PAUSED, Suspension
from zettai_cli.shared.refused_login import CHECK_LOGIN, is_login_refused
from zettai_worker.limiter import LimiterState
from zettai_worker.ticks import BeatStatus

OLDEST_REDIS = (7, 0)
"""The first version that loads deploy/redis/users.acl."""

CLOCK_WARNING, CLOCK_FAILURE = timedelta(seconds=2), timedelta(seconds=60)
"""Largest differences between the clocks of this host and of Redis. Only the redelivery of tasks uses the former."""

LATE_TICK = timedelta(seconds=10)
"""While the last tick of a job waits for a worker, the next one becomes late."""

CERTIFICATE_WARNING = timedelta(days=14)

LONG_WAIT = timedelta(minutes=10)
"""A message that is queued for longer waits for something: a large campaign, a pause, or workers."""

LATE_EVENTS = 50_000
"""A group of readers that has not read so many events is too slow. Redis keeps about 1,000,000."""


class Result(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report.

    Attributes:
        name: of the check.
        result: whether it passed.
        found: the fact that was checked.
        advice: what to do, or "".
    """

    name: str
    result: Result
    found: str
    advice: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the values for JSON."""
        return asdict(self)


def ok(name: str, found: str) -> Check:
    """Return a check that passed."""
    return Check(name, Result.OK, found)


def warning(name: str, found: str, advice: str) -> Check:
    """Return a check with a warning: it works now, but there is a risk."""
    return Check(name, Result.WARNING, found, advice)


def failed(name: str, found: str, advice: str) -> Check:
    """Return a check that failed: sending does not work, or messages can be lost."""
    return Check(name, Result.FAILED, found, advice)


def unknown(name: str, advice: str) -> Check:
    """Return a check whose fact is not available."""
    return Check(name, Result.UNKNOWN, "unknown", advice)


def for_development(check: Check) -> Check:
    """Return a check as it counts in development, where messages may be lost with Redis."""
    if check.name in {"redis persistence", "durable acceptance", "redis eviction"} and check.result is Result.FAILED:
        return replace(check, result=Result.WARNING)
    return check


def server(info: Mapping[str, Any]) -> Check:
    """Check the version and the mode of Redis."""
    version = str(info.get("redis_version", ""))
    if not version:
        return unknown("redis server", "Redis does not report it; make sure that it is 7.0 or later, and not a cluster")
    found = " ".join(str(info[name]) for name in ("server_name", "valkey_version") if name in info)
    found = f"Redis {version}" + (f" ({found})" if found else "")
    if info.get("redis_mode") == "cluster":
        return failed(
            "redis server", f"{found}, cluster", "Celery does not support Redis Cluster; use one server or Sentinel"
        )
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_REDIS:
        return failed("redis server", found, "use Redis 7.0 or later, or Valkey")
    return ok("redis server", found)


def layout(found: int | None) -> Check:
    """Check whether this version knows the layout of the store."""
    if found in {None, LAYOUT}:
        return ok("store", "empty" if found is None else f"layout {found}")
    return failed("store", f"layout {found}", str(IncompatibleStore(found, LAYOUT)))


def persistence(info: Mapping[str, Any], fsync: str | None) -> Check:
    """Check whether a restart of Redis can lose messages.

    Args:
        info: the answer of INFO.
        fsync: its `appendfsync`, or None if Redis does not report it.
    """
    name, advice = (
        "redis persistence",
        "set appendonly yes and appendfsync everysec; otherwise accepted messages can be lost",
    )
    enabled = info.get("aof_enabled")
    if enabled is None:
        return unknown(name, "Redis does not report it; make sure that it writes an append-only file")
    if not int(enabled):
        return failed(name, "appendonly no", advice)
    if fsync == "no":
        return warning(name, "appendonly yes, appendfsync no", advice)
    return ok(name, f"appendonly yes, appendfsync {fsync or 'unknown'}")


def durability(why_not: str | None, *, demanded: bool) -> Check:
    """Check whether messages can be accepted durably.

    Args:
        why_not: what is missing, or None.
        demanded: whether the setting demands it for all messages.
    """
    name = "durable acceptance"
    if why_not is None:
        return ok(name, "on, for all messages" if demanded else "available with send(durable=True)")
    found, _, advice = why_not.partition("; ")
    return (failed if demanded else warning)(name, found, advice)


def eviction(info: Mapping[str, Any]) -> Check:
    """Check whether Redis deletes messages when its memory is full."""
    policy = info.get("maxmemory_policy")
    if policy is None:
        return unknown("redis eviction", "Redis does not report it; make sure that maxmemory-policy is noeviction")
    if policy != "noeviction":
        return failed(
            "redis eviction", str(policy), "set maxmemory-policy noeviction; otherwise Redis can delete messages"
        )
    return ok("redis eviction", str(policy))


def clock(ahead: timedelta) -> Check:
    """Check the clock of this host against the clock of Redis."""
    found = f"{ahead.total_seconds():+.3f} s compared with Redis"
    advice = "set the clock with NTP; a wrong clock redelivers tasks too early or too late, but sends no message twice"
    if abs(ahead) >= CLOCK_FAILURE:
        return failed("clock", found, advice)
    return warning("clock", found, advice) if abs(ahead) >= CLOCK_WARNING else ok("clock", found)


def visibility(visibility_timeout: timedelta, lease: timedelta) -> Check:
    """Check that a task is redelivered only after the claim of its message has expired."""
    found = f"{visibility_timeout.total_seconds():.0f} s; a claim lasts {lease.total_seconds():.0f} s"
    if visibility_timeout < 2 * lease:
        return warning(
            "visibility timeout", found, "lower ZETTAI_LEASE; otherwise tasks are redelivered while they still run"
        )
    return ok("visibility timeout", found)


def certificate(remaining: timedelta, version: str) -> Check:
    """Check how long the provider's certificate is valid."""
    found = f"{version}, certificate valid for {remaining.days} days"
    if remaining < CERTIFICATE_WARNING:
        return warning("provider TLS", found, "the provider must renew it; sending stops when it expires")
    return ok("provider TLS", found)


MEGABYTE = 1_000_000

MEMORY_WARNING = 0.8
"""The part of maxmemory from which doctor warns, as the alert does."""


def workers(nodes: Sequence[str]) -> Check:
    """Check whether a worker is running."""
    if not nodes:
        return failed("workers", "no worker answers", "start zettai worker, and read its log")
    return ok("workers", f"{len(nodes)} answer: {', '.join(sorted(nodes))}")


def beat(status: BeatStatus) -> Check:
    """Check whether beat runs, and workers take its ticks. They start all retries, status checks and sweeps."""
    if not status.alive:
        return failed("beat", "no beat is running", "run zettai worker with beat on at least one host")
    if status.lag is not None and status.lag > LATE_TICK:
        late = f"the next tick is {status.lag.total_seconds():.0f} s late"
        return failed("beat", late, "start workers for the lanes urgent and status: the last tick waits for one")
    return ok("beat", "ticks are published and taken")


def queues(lengths: Mapping[Lane, int]) -> Check:
    """Report the lengths of the queues. They are never a failure: a campaign makes a long queue."""
    return ok("queues", ", ".join(f"{lane} {length:,}" for lane, length in lengths.items()))


def oldest(age: timedelta | None) -> Check:
    """Check how long the oldest queued message has waited."""
    if age is None:
        return ok("oldest queued", "no message is queued")
    found = f"for {age.total_seconds():,.0f} s"
    if age > LONG_WAIT:
        return warning(
            "oldest queued",
            found,
            "run zettai list --state queued; check that workers are running and the rate limit is right",
        )
    return ok("oldest queued", found)


def damaged(records: int) -> Check:
    """Check whether damaged records were put aside. Their messages are not processed."""
    if records:
        advice = "see docs/runbook.md, ZettaiRecordsDamaged: another program writes to this Redis"
        return failed("damaged records", f"{records:,} are put aside", advice)
    return ok("damaged records", "none")


def events(lag: Mapping[str, int], lost: Mapping[str, int]) -> Check:
    """Check whether the groups of readers read the events. They miss what Redis does not keep any more."""
    late = [f"{group} is {count:,} behind" for group, count in lag.items() if count > LATE_EVENTS]
    missed = [f"{group} has missed {count:,}" for group, count in lost.items()]
    if late or missed:
        advice = (
            "see docs/runbook.md, ZettaiEventsLag and ZettaiEventsLost: the application's loop is too slow or ended"
        )
        return warning("events", "; ".join([*late, *missed]), advice)
    return ok("events", f"{len(lag)} groups of readers" if lag else "no application reads them")


def sending(suspensions: Iterable[Suspension]) -> Check:
    """Check whether sending is suspended, for all messages or for some sender codes. `limit` tells about a pause."""
    found = [
        f"{f'sender {one.sender}' if one.sender else 'the account'} is suspended: {one.reason}"
        for one in suspensions
        if one.reason != PAUSED
    ]
    if not found:
        return ok("sending", "nothing is suspended")
    advice = "see docs/operations.md, 'The account is suspended'; it resumes by itself, or run zettai limiter resume"
    if any(map(is_login_refused, found)):
        advice = f"{CHECK_LOGIN}; then {advice}"
    return failed("sending", "; ".join(found), advice)


def sender_codes(refusals: Mapping[str, str | None]) -> Check:
    """Check whether the provider accepts each sender code.

    Args:
        refusals: for each code, how the provider refuses it, or None.
    """
    refused = [f"{code}: {refusal}" for code, refusal in refusals.items() if refusal]
    if refused:
        advice = "compare ZETTAI_SMS_CODE and ZETTAI_SENDERS with the provider's console"
        return failed("sender codes", ", ".join(refused), advice)
    return ok("sender codes", f"accepted: {', '.join(refusals)}")


def suppressions(own: str | None, expected: str | None, numbers: int) -> Check:
    """Check whether this process has the key of the suppression list.

    Args:
        own: the fingerprint of its key, or None.
        expected: the fingerprint of the key that the list belongs to; None if nothing was ever added.
        numbers: the size of the list.
    """
    name = "suppressions"
    if expected is None:
        return ok(name, "no list is kept: ZETTAI_SUPPRESSION_KEY is not set" if own is None else "the list is empty")
    if own is None:
        return ok(name, f"{numbers:,} numbers; no key here: workers need none, producers need {expected}")
    if own != expected:
        found = f"ZETTAI_SUPPRESSION_KEY has the fingerprint {own}, the list {expected}"
        return failed(name, found, "give each producer the same key; see docs/how-to/opt-outs.md")
    return ok(name, f"{numbers:,} numbers, key {own}")


def memory(use: MemoryUse | None) -> Check:
    """Check whether Redis has room. When it is nearly full, no message is accepted."""
    name = "memory"
    if use is None:
        advice = "allow +info, so that accepting stops before Redis is full"
        return warning(name, "this user may not run INFO", advice)
    found = f"{use.used / MEGABYTE:,.0f} MB used"
    if not use.limit:
        advice = "set maxmemory below the memory of the machine, so that accepting stops before Redis is killed"
        return warning(name, f"{found}, without maxmemory", advice)
    found = f"{found} of {use.limit / MEGABYTE:,.0f} MB, {100 * use.share:.0f} % with what open messages need"
    advice = "see docs/runbook.md, ZettaiRedisNearlyFull: raise maxmemory, or lower ZETTAI_RETENTION"
    if use.share >= ACCEPT_BELOW:
        return failed(name, f"{found}; no message is accepted", advice)
    return warning(name, found, advice) if use.share >= MEMORY_WARNING else ok(name, found)


def only_to(numbers: int | None) -> Check:
    """Report whether this installation sends to some numbers only.

    Args:
        numbers: how many there are; None if all numbers are allowed.
    """
    if numbers is None:
        return ok("only to", "all numbers are allowed")
    advice = "leave out ZETTAI_ONLY_TO in production"
    return warning("only to", f"{numbers:,} numbers; messages to all others are rejected", advice)


def limit(state: LimiterState) -> Check:
    """Check whether the rate limit is paused or lowered."""
    found = f"{state.limit}, now {state.rate:.1f} calls per second"
    if state.paused:
        return warning("rate limit", f"{found}, paused", "run zettai limiter resume when calls may continue")
    if state.override is not None:
        return warning("rate limit", f"{found}, lowered", "run zettai limiter set --default to use the setting again")
    return ok("rate limit", found)
