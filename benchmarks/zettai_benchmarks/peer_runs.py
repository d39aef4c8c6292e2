"""The peers beside us: which of them can run here, and their runs on the same plan as ours."""

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

QUICK = ("celery_limits", "bullmq")
"""Those that a quick run has."""

SAME_UNLIMITED = ("bullmq_tenths",)
"""Those that differ from another by their limit alone."""


def names(scale: Scale, *, unlimited: bool = False) -> list[str]:
    """Whom to run."""
    chosen = [name for name in KINDS if not (unlimited and name in SAME_UNLIMITED)]
    return [name for name in chosen if not scale.quick or name in QUICK]


def missing(name: str) -> str | None:
    """Why a peer cannot run here, or None."""
    if name.startswith("bullmq"):
        if shutil.which("node") is None:
            return "no Node here"
        return None if (HERE / "bullmq/node_modules").is_dir() else "no npm here"
    return None if Path(PYTHON).exists() else "not installed: benchmarks/zettai_benchmarks/peers/install.sh"


def plan(name: str, messages: int, seconds: float, *, limit: int = LIMIT) -> Plan:
    """A peer's run with what suits it best."""
    kind = KINDS[name]
    return Plan(name, messages, seconds, limit, LATENCY, kind.processes, kind.concurrency)


def each(
    chosen: Iterable[str], run: Callable[[str], dict[str, Any]]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Run some peers one after the other.

    Returns:
        What became of each, and why the others were left out. One that fails is left out too, and does not end all.
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
