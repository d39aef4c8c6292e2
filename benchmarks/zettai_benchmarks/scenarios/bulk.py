"""A campaign at the limit: how much of it is used, whether it is kept, and what a message costs. Ours and the peers."""

from functools import partial

from zettai_benchmarks import theirs
from zettai_benchmarks.peers.run import run as run_peer
from zettai_benchmarks.results import Result, Verdict
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.stand import LATENCY, LIMIT, Stand


def run(scale: Scale) -> Result:
    """40,000 messages by `send_many` with the workers up, watched for a minute."""
    messages, seconds = scale.of(40_000, 6_000), scale.of(60.0, 6.0)
    with Stand() as stand:
        stand.start_worker()
        took = stand.fill(messages)
        ours = stand.run(LIMIT, list(stand.watch(seconds)))
    ours["figures"]["enqueued_per_second"] = messages / took
    figures = ours["figures"]
    theirs_for = scale.of(20.0, 3.0)
    runs, skipped = theirs.each(theirs.names(scale), partial(_peer, seconds=theirs_for))
    return Result(
        name="bulk",
        settings={
            "messages": messages,
            "seconds": seconds,
            "peers_seconds": theirs_for,
            "limit": LIMIT,
            "latency": LATENCY,
        },
        verdicts=(
            Verdict("share of the limit used at saturation", 0.99, figures["share_of_limit"], most=False, unit="share"),
            Verdict("calls in the worst sliding second of the whole run", LIMIT, figures["worst_second"], most=True),
            Verdict("worker CPU for each bulk message", 0.7, figures["workers_cpu_ms"], most=True, unit="ms"),
        ),
        runs={"ours": ours, **runs},
        skipped=skipped,
        quick=scale.quick,
    )


def _peer(name: str, seconds: float) -> dict[str, object]:
    return run_peer(theirs.plan(name, round(LIMIT * (seconds + 4)), seconds))
