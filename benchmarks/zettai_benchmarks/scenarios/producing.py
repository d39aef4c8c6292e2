"""Enqueuing: messages a second by `send_many`, and by the bulk calls of the peers. No worker runs."""

from typing import Any

from zettai_benchmarks import peer_runs
from zettai_benchmarks.labels import name_of
from zettai_benchmarks.measured_stack import MeasuredStack
from zettai_benchmarks.peers.run import prepared
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale

RIVAL = "bullmq"
"""The peer that enqueues fastest."""


def run(scale: Scale) -> Result:
    """Run one producer process."""
    messages, peer_messages = scale.of(100_000, 10_000), scale.of(10_000, 2_000)
    with MeasuredStack() as stack:
        took = stack.enqueue(messages)
    ours = {"measurements": {"enqueued_per_second": messages / took}}
    # The tenths of BullMQ enqueue as BullMQ does.
    runs, skipped = peer_runs.each(peer_runs.names(scale, unlimited=True), lambda name: _peer(name, peer_messages))
    rival = runs[RIVAL]["measurements"]["enqueued_per_second"] if RIVAL in runs else None
    return Result(
        name="producing",
        settings={"messages": messages, "peers_messages": peer_messages},
        targets=(
            Target("messages a second by `send_many`", 20_000, messages / took, at_most=False),
            Target(
                f"messages a second by `send_many`, against {name_of(RIVAL)} in the same run",
                1.0,
                messages / took / rival if rival else None,
                at_most=False,
                unit="×",
            ),
        ),
        runs={"ours": ours, **runs},
        skipped=skipped,
        quick=scale.quick,
    )


def _peer(name: str, messages: int) -> dict[str, Any]:
    with prepared(peer_runs.plan(name, messages, 0)) as (peer, _, _):
        return {"measurements": {"enqueued_per_second": messages / peer.enqueue(messages).seconds}}
