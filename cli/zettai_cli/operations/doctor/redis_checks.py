"""The checks of Redis itself, without input or output. `inspection.py` collects what they need.

Each returns a `Check`. If a fact is not available, the result is `unknown`, which is not a failure: a managed Redis
hides some of its configuration.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from zettai.core.errors import IncompatibleStore
from zettai.core.store.layout import LAYOUT
from zettai.core.store.memory import ACCEPT_BELOW, MemoryUse
from zettai_cli.operations.doctor.results import Check, failed, ok, unknown, warning

OLDEST_REDIS = (7, 0)
"""The first version that loads deploy/redis/users.acl."""

CLOCK_WARNING, CLOCK_FAILURE = timedelta(seconds=2), timedelta(seconds=60)
"""Largest differences between the clocks of this host and of Redis. Only the redelivery of tasks uses the former."""

MEGABYTE = 1_000_000

MEMORY_WARNING = 0.8
"""The part of maxmemory from which doctor warns, as the alert does."""


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
