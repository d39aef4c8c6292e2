"""A one-time password behind a campaign: from `send()` to its arrival at the provider. Ours and the peers."""

import time
from collections.abc import Sequence
from typing import Any

from zettai_benchmarks import peer_runs
from zettai_benchmarks.durations import percentiles
from zettai_benchmarks.measured_stack import LATENCY, LIMIT, MeasuredStack
from zettai_benchmarks.peers.run import first_arrival, prepared
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.sender import send
from zettai_simulator import SimulatorProcess
from zettai_simulator.clock import SECOND

PAUSE = 0.1
"""Seconds from one urgent message to the next."""

SETTLING = 3.0
"""Seconds from the campaign's first call to the first urgent message."""

AFTERWARDS = 2.0
"""Seconds that the last messages have to arrive."""


SLOW = 1.0
"""Seconds of the slow provider's latency."""


def run(scale: Scale) -> Result:
    """An urgent message each 100 ms, while a campaign uses all of the limit; with a fast and with a slow provider."""
    backlog, seconds = scale.of(100_000, 8_000), scale.of(40.0, 3.0)
    peer_seconds = scale.of(12.0, 2.0)
    peer_backlog = round((peer_seconds + SETTLING + AFTERWARDS + 4) * LIMIT)
    count = round(seconds / PAUSE)
    ours = {"ours": _ours(LATENCY, backlog, count), "ours_slow": _ours(SLOW, backlog, count)}
    runs, skipped = peer_runs.each(
        peer_runs.names(scale), lambda name: _peer(name, peer_backlog, round(peer_seconds / PAUSE))
    )
    return Result(
        name="urgent",
        settings={
            "backlog": backlog,
            "seconds": seconds,
            "peers_backlog": peer_backlog,
            "peers_seconds": peer_seconds,
            "pause": PAUSE,
            "limit": LIMIT,
            "latency": LATENCY,
            "slow_latency": SLOW,
        },
        targets=(*_targets(LATENCY, ours["ours"]), *_targets(SLOW, ours["ours_slow"])),
        runs={**ours, **runs},
        skipped=skipped,
        quick=scale.quick,
    )


def _targets(latency: float, run: dict[str, Any]) -> list[Target]:
    return [
        Target(
            f"from `send()` to its arrival, answers after {latency:g} s, {name}",
            goal,
            None if (seconds := run["measurements"][name]) is None else seconds * 1000,
            at_most=True,
            unit="ms",
        )
        for name, goal in (("p50", 50), ("p99", 100))
    ]


def _ours(latency: float, backlog: int, count: int) -> dict[str, Any]:
    with MeasuredStack(simulator={"latency": latency}) as stack:
        stack.start_workers()
        stack.enqueue(backlog)
        time.sleep(SETTLING)
        sent = send(count, PAUSE, "urgent", stack.environment)
        time.sleep(AFTERWARDS)
        return _with_percentiles(_delays(stack.simulator, sent.tags, sent.began))


def _peer(name: str, backlog: int, count: int) -> dict[str, Any]:
    with prepared(peer_runs.plan(name, backlog, 0)) as (peer, simulator, _):
        peer.enqueue(backlog)
        peer.start()
        first_arrival(simulator)
        time.sleep(SETTLING)
        sent = peer.enqueue_paced(count, "urgent", PAUSE)
        time.sleep(AFTERWARDS)
        peer.check()
        return _with_percentiles(_delays(simulator, sent.tags, sent.began))


def _delays(simulator: SimulatorProcess, tags: Sequence[str], began: Sequence[int]) -> list[float | None]:
    """Return the seconds from each call to the first arrival of its client tag; None if it did not arrive."""
    return [
        None if (arrived := _arrival(simulator, tag)) is None else (arrived - start) / SECOND
        for tag, start in zip(tags, began, strict=True)
    ]


def _arrival(simulator: SimulatorProcess, tag: str) -> int | None:
    try:
        posts: list[int] = simulator.record_of(tag)["posts"]
    except RuntimeError:  # it never came in
        return None
    return posts[0]


def _with_percentiles(delays: list[float | None]) -> dict[str, Any]:
    return {"measurements": percentiles(delays), "delays": delays}
