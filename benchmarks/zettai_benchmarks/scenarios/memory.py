"""What a message that is followed takes in Redis, once the provider has it."""

from redis import Redis

from zettai.core.states import State
from zettai.core.store.keys import Keys
from zettai_benchmarks.accepting import accept
from zettai_benchmarks.results import Result, Verdict
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.stand import Stand

BODY = ("お荷物は明日の午前中に届きます。" * 5)[:70]
"""As long as a message of one part may be."""

KEYS = Keys("zettai")
EXAMPLES = 100
"""Records of either kind that are compared."""


def run(scale: Scale) -> Result:
    """Most are made by the store's own scripts; some go through workers, to see that it comes to the same."""
    messages, sent = scale.of(100_000, 10_000), scale.of(3_000, 1_000)
    with Stand() as stand:
        accept(stand.store, 1_000, body=BODY)  # scripts, indexes and buffers are there from now on
        before = _used(stand.redis)
        accept(stand.store, messages, body=BODY)
        each = (_used(stand.redis) - before) / messages
        by_scripts = _record_sizes(stand.redis)
    with Stand() as stand:
        stand.start_worker()
        stand.fill(sent, body=BODY)
        stand.wait_for(lambda: len(stand.calls()) >= sent)
        stand.wait_for(lambda: stand.redis.zcard(KEYS.state(State.ACCEPTED)) >= sent)
        by_workers = _record_sizes(stand.redis)
    figures = {
        "bytes_per_message": each,
        "record_by_scripts": by_scripts,
        "record_by_workers": by_workers,
    }
    return Result(
        name="memory",
        settings={"messages": messages, "sent": sent, "characters": len(BODY)},
        verdicts=(Verdict("Redis memory for each message that is followed", 600, each, most=True, unit="bytes"),),
        runs={"ours": {"figures": figures}},
        quick=scale.quick,
    )


def _used(redis: Redis) -> int:
    return int(redis.info("memory")["used_memory"])


def _record_sizes(redis: Redis) -> float:
    """The mean size of records in bytes, as the server tells it."""
    tags = redis.zrange(KEYS.state(State.ACCEPTED), 0, EXAMPLES - 1)
    sizes = [redis.memory_usage(KEYS.message(str(tag)), samples=0) or 0 for tag in tags]
    return sum(sizes) / len(sizes)
