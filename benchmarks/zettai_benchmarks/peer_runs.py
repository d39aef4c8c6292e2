"""Runs of the peers: which of them can run here, with the same plan as ours."""

import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from zettai_benchmarks.measured_stack import LATENCY, LIMIT
from zettai_benchmarks.peers.catalog import HERE, KINDS, PYTHON
from zettai_benchmarks.peers.peer import PeerError
from zettai_benchmarks.peers.run import Plan
from zettai_benchmarks.scale import Scale
from zettai_simulator.settings import Latency

QUICK = ("celery_limits", "bullmq")
"""The peers of a quick run."""

USUAL_LATENCY = Latency(LATENCY)

SAME_UNLIMITED = ("bullmq_tenths",)
"""Peers that differ from another only by their limit."""


def names(scale: Scale, *, unlimited: bool = False) -> list[str]:
    """Return the peers to run."""
    chosen = [name for name in KINDS if not (unlimited and name in SAME_UNLIMITED)]
    return [name for name in chosen if not scale.quick or name in QUICK]


def missing(name: str) -> str | None:
    """Return why a peer cannot run here, or None."""
    if name.startswith("bullmq"):
        if shutil.which("node") is None:
            return "no Node here"
        return None if (HERE / "bullmq/node_modules").is_dir() else "no npm here"
    return None if Path(PYTHON).exists() else "not installed: benchmarks/zettai_benchmarks/peers/install.sh"


def plan(
    name: str,
    messages: int,
    seconds: float,
    *,
    limit: int = LIMIT,
    latency: Latency = USUAL_LATENCY,
    settling: float = 0.0,
) -> Plan:
    """Return the parameters of a run with the best settings for the peer."""
    kind = KINDS[name]
    concurrency = kind.concurrency_at(limit, latency.seconds + latency.jitter)
    return Plan(name, messages, seconds, limit, latency, kind.processes, concurrency, settling)


def each(
    chosen: Iterable[str], run: Callable[[str], dict[str, Any]]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Run some peers one after the other.

    Returns:
        The runs by name, and the reasons of those that were skipped or failed.
    """
    runs: dict[str, dict[str, Any]] = {}
    skipped: dict[str, str] = {}
    for name in chosen:
        if (reason := missing(name)) is not None:
            skipped[name] = reason
            continue
        try:
            runs[name] = run(name)
        except (PeerError, TimeoutError, ValueError) as error:
            sys.stderr.write(f"{name}: {error}\n")
            skipped[name] = f"failed: {type(error).__name__}"
    return runs, skipped
