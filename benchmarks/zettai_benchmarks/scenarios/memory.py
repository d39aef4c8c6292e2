"""The memory in Redis of a message that the provider has accepted."""

from redis import Redis

from zettai.core.states import State
from zettai.core.store.keys import Keys
from zettai_benchmarks.accepting import accept
from zettai_benchmarks.measured_stack import MeasuredStack
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale

BODY = ("お荷物は明日の午前中に届きます。" * 5)[:70]
"""The longest text of one part."""

KEYS = Keys("zettai")
EXAMPLES = 100
"""Records of each kind that are compared."""


def run(scale: Scale) -> Result:
    """Create most records by the store's scripts, and some by workers, to compare their size."""
    messages, sent = scale.of(100_000, 10_000), scale.of(3_000, 1_000)
    with MeasuredStack() as stack:
        accept(stack.store, 1_000, body=BODY)  # scripts, indexes and buffers are there from now on
        before = _used(stack.redis)
        accept(stack.store, messages, body=BODY)
        each = (_used(stack.redis) - before) / messages
        by_scripts = _record_sizes(stack.redis)
    with MeasuredStack() as stack:
        stack.start_workers()
        stack.enqueue(sent, body=BODY)
        stack.wait_for(lambda: len(stack.simulator.arrivals()) >= sent)
        stack.wait_for(lambda: stack.redis.zcard(KEYS.state(State.ACCEPTED)) >= sent)
        by_workers = _record_sizes(stack.redis)
    measurements = {
        "bytes_per_message": each,
        "record_by_scripts": by_scripts,
        "record_by_workers": by_workers,
    }
    return Result(
        name="memory",
        settings={"messages": messages, "sent": sent, "characters": len(BODY)},
        targets=(Target("Redis memory for each message that is followed", 600, each, at_most=True, unit="bytes"),),
        runs={"ours": {"measurements": measurements}},
        quick=scale.quick,
    )


def _used(redis: Redis) -> int:
    return int(redis.info("memory")["used_memory"])


def _record_sizes(redis: Redis) -> float:
    """Return the mean size of records in bytes, as Redis reports it."""
    tags = redis.zrange(KEYS.state(State.ACCEPTED), 0, EXAMPLES - 1)
    sizes = [redis.memory_usage(KEYS.message(str(tag)), samples=0) or 0 for tag in tags]
    return sum(sizes) / len(sizes)
