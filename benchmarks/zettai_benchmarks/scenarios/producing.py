"""Enqueuing: messages a second by `send_many`, and by what the peers have for many. No worker runs meanwhile."""

from typing import Any

from zettai_benchmarks import theirs
from zettai_benchmarks.peers.run import plant
from zettai_benchmarks.results import Result, Verdict
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.stand import Stand


def run(scale: Scale) -> Result:
    """One producer process."""
    messages, their_messages = scale.of(100_000, 10_000), scale.of(10_000, 2_000)
    with Stand() as stand:
        took = stand.fill(messages)
    ours = {"figures": {"enqueued_per_second": messages / took}}
    # The tenths of BullMQ enqueue as BullMQ does.
    runs, skipped = theirs.each(theirs.names(scale, unlimited=True), lambda name: _peer(name, their_messages))
    return Result(
        name="producing",
        settings={"messages": messages, "peers_messages": their_messages},
        verdicts=(Verdict("messages a second by `send_many`", 15_000, messages / took, most=False),),
        runs={"ours": ours, **runs},
        skipped=skipped,
        quick=scale.quick,
    )


def _peer(name: str, messages: int) -> dict[str, Any]:
    with plant(theirs.plan(name, messages, 0)) as (peer, _, _):
        return {"figures": {"enqueued_per_second": messages / peer.enqueue(messages).seconds}}
