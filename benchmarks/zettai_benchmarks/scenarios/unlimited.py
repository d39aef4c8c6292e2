"""Without a limit: how many calls a second workers can make. Ours with the default plan and others, and the peers."""

from typing import Any

from zettai_benchmarks import theirs
from zettai_benchmarks.measure import coarsened
from zettai_benchmarks.peers.run import run as run_peer
from zettai_benchmarks.results import Result, Verdict
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.stand import LATENCY, Stand

RATE_LIMIT = "100000/second"

PLANS = ("", "--processes 2 --threads 128", "--processes 4 --threads 64")
"""Options of `zettai worker`; the first are the defaults."""

OURS_AT_MOST = 3_000
"""Calls a second that ours surely do not reach."""

MOST = {"bullmq": 5_000, "taskiq_aiohttp": 2_500, "dramatiq_limiter": 2_000}
"""Calls a second that a peer may come to, so that its backlog outlasts the run; others come to less than `ORDINARY`."""

ORDINARY = 1_200


def run(scale: Scale) -> Result:
    """A backlog, drained as fast as it goes."""
    seconds = scale.of(6.0, 3.0)
    plans = PLANS[: scale.of(len(PLANS), 1)]
    ours = {f"ours {plan}".strip(): _ours(plan, seconds) for plan in plans}
    best = max(ours, key=lambda name: ours[name]["figures"]["per_second"])
    runs, skipped = theirs.each(theirs.names(scale, unlimited=True), lambda name: _peer(name, seconds))
    return Result(
        name="unlimited",
        settings={"seconds": seconds, "rate_limit": RATE_LIMIT, "latency": LATENCY, "best": best},
        verdicts=(
            Verdict(
                "bulk messages a second without a limit, with the best plan",
                1500,
                ours[best]["figures"]["per_second"],
                most=False,
            ),
        ),
        runs={**ours, **runs},
        skipped=skipped,
        quick=scale.quick,
    )


def _ours(plan: str, seconds: float) -> dict[str, Any]:
    with Stand(RATE_LIMIT=RATE_LIMIT) as stand:
        stand.start_worker(*plan.split())
        stand.fill(round((seconds + 4) * OURS_AT_MOST))
        return {"plan": {"options": plan}, **coarsened(stand.run(0, list(stand.watch(seconds))))}


def _peer(name: str, seconds: float) -> dict[str, Any]:
    messages = round((seconds + 3) * MOST.get(name, ORDINARY))
    return coarsened(run_peer(theirs.plan(name, messages, seconds, limit=0)))
