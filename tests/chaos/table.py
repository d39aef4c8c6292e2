"""The table that a run prints: what happened, and what was promised."""

from collections.abc import Mapping, Sequence

from tests.chaos.campaign import Counts, Form, canceled
from tests.chaos.evidence import Evidence
from tests.chaos.storm import Kind
from tests.chaos.verdict import LIMIT

SHOWN = 5
"""Lines shown of each promise that was broken."""


Wrong = Mapping[str, Sequence[str]]
"""What is wrong, by promise."""


def rows(evidence: Evidence, counts: Counts, wrong: Wrong, form: Form, seed: int) -> dict[str, object]:
    """The figures, by name."""
    blows = counts.blows
    return {
        "seed": seed,
        "messages accepted": f"{len(evidence.asked):,}",
        "taken by the provider": f"{counts.taken:,}",
        "canceled": f"{canceled(evidence):,}",
        "SIGKILL to workers": blows[Kind.KILL],
        "SIGSTOP beyond the lease, then SIGCONT": blows[Kind.STOP],
        "SIGKILL to Redis, and back": blows[Kind.REDIS_UP],
        "CLIENT KILL of all connections": blows[Kind.CUT_CLIENTS],
        "SIGKILL to beat": blows[Kind.KILL_BEAT],
        "provider cut off / silent": f"{blows[Kind.OUTAGE]} / {blows[Kind.SILENCE]}",
        "processes started again": counts.ended,
        "wall clock of one worker": f"{form.skew} s ahead in Python (libfaketime fails under it)",
        "faults injected": f"{counts.faults.total():,} of {counts.calls:,} calls",
        "… by kind": ", ".join(f"{label} {count}" for label, count in sorted(counts.faults.items())),
        "tasks published twice": f"{counts.republished:,}",
        "producers' calls that Redis left unanswered": counts.refused_by_redis,
        "duplicates refused by the provider": f"{counts.duplicates_refused:,}",
        "messages whose worker was lost": f"{counts.workers_lost:,}",
        "messages without a task, found by the sweep": f"{counts.lost_tasks:,}",
        "tasks left unacknowledged by the dead": f"{counts.left_by_the_dead:,}",
        "all ended, seconds after the storm": f"{counts.settled_after:.0f}",
        "seconds": f"{counts.seconds:.0f}",
        f"worst sliding second (limit {LIMIT})": evidence.worst_second,
        **{f"**{name}**": f"**{len(found)}**" for name, found in wrong.items()},
    }


def as_markdown(figures: Mapping[str, object]) -> str:
    """The table as the documentation shows it."""
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in figures.items())])


def complaint(wrong: Wrong) -> str:
    """What is wrong, a few lines of each."""
    lines = (f"{name}: {line}" for name, found in wrong.items() for line in found[:SHOWN])
    return "\n".join(lines)
