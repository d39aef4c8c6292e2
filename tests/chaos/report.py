"""The table that a run prints: what happened, and the result of the checks."""

from collections.abc import Mapping, Sequence

from tests.chaos.counts import Counts
from tests.chaos.fault_schedule import Kind
from tests.chaos.profiles import Profile

from zettai import CancelOutcome
from zettai_demo.evidence import Evidence
from zettai_demo.oracle.check import Check

SHOWN = 5
"""Differences that are shown for each check."""


def rows(evidence: Evidence, counts: Counts, checks: Sequence[Check], profile: Profile, seed: int) -> dict[str, object]:
    """Return the rows of the table by name."""
    injected = counts.injected
    canceled = sum(outcome is CancelOutcome.CANCELED for outcome in evidence.cancels.values())
    return {
        "seed": seed,
        "messages accepted": f"{len(evidence.requests):,}",
        "accepted by the provider": f"{len(evidence.records):,}",
        "canceled": f"{canceled:,}",
        "replaced": f"{sum(tag in evidence.requests for tag in evidence.successors.values()):,}",
        "reservations that a pause took back": f"{sum(tag.startswith('held-') for tag in evidence.successors):,}",
        "SIGKILL to workers": injected[Kind.KILL],
        "SIGSTOP longer than a claim, then SIGCONT": injected[Kind.STOP],
        "suspended longer than a claim: the monotonic clock stands still": injected[Kind.SUSPEND],
        "clock of a host jumps by an hour": injected[Kind.CLOCK_JUMP] // 2,
        "SIGKILL to Redis, then restart": injected[Kind.REDIS_UP],
        "memory of Redis nearly full, messages refused": f"{injected[Kind.REDIS_FULL]}, {counts.refused_when_full}",
        "CLIENT KILL of all connections": injected[Kind.CUT_CLIENTS],
        "SIGKILL to beat": injected[Kind.KILL_BEAT],
        "SIGKILL to the webhook process / to its receiver": (
            f"{injected[Kind.KILL_WEBHOOKS]} / {injected[Kind.KILL_RECEIVER]}"
        ),
        "events, and requests that the webhook receiver took": (
            f"{len(evidence.events):,} / {len(evidence.received_events or ()):,}"
        ),
        "provider unreachable / silent": f"{injected[Kind.OUTAGE]} / {injected[Kind.SILENCE]}",
        "quota used up right after an outage": injected[Kind.OUTAGE],
        "bursts of unknown codes": injected[Kind.UNKNOWN_CODE],
        "lists of the provider are out of date": f"by {profile.lag:g} s",
        "texts and numbers rewritten, tags found by prefix, TLS": "all the time",
        "processes restarted": counts.restarts,
        "wall clock of one worker": f"{profile.clock_offset} s ahead in Python (libfaketime fails under it)",
        "provider faults injected": f"{counts.provider_faults.total():,} of {counts.calls:,} calls",
        "… by kind": ", ".join(f"{label} {count}" for label, count in sorted(counts.provider_faults.items())),
        "tasks published again": f"{counts.republished:,}",
        "pauses, paces and windows of campaigns": counts.campaign_changes,
        "producer calls that Redis did not answer": counts.producer_retries,
        "duplicates refused by the provider": f"{counts.duplicates_refused:,}",
        "messages whose worker was killed": f"{counts.lost_workers:,}",
        "messages without a task, found by the sweep": f"{counts.lost_tasks:,}",
        "tasks left unacknowledged by killed workers": f"{counts.unacknowledged:,}",
        "seconds from the last fault until all was final": f"{counts.settled_after:.0f}",
        "seconds": f"{counts.seconds:.0f}",
        **{
            f"memory of {name} after warm-up → at the end": f"{size:,.0f} → {counts.memory_after.get(name, 0):,.0f} MB"
            for name, size in counts.memory_before.items()
        },
        "most calls in any sliding second": evidence.worst_second,
        **{f"differences: {check.promise}": f"**{len(check.wrong)}**" for check in checks},
    }


def as_markdown(table: Mapping[str, object]) -> str:
    """Return the table as the documentation shows it."""
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in table.items())])


def differences(checks: Sequence[Check]) -> str:
    """Return the first differences of each check, or an empty text."""
    return "\n".join(f"{check.promise}: {line}" for check in checks for line in check.wrong[:SHOWN])
