"""What encryption at rest costs: the processor time of a producer and of a worker's claims, and the memory in Redis."""

from base64 import b64encode
from time import process_time

from redis import Redis

from zettai.core.key_settings import SecretKeys
from zettai.core.sealing import Sealer
from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys
from zettai_benchmarks.accepting import LEASE, new_messages
from zettai_benchmarks.measured_stack import MeasuredStack
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale

BODY = ("お荷物は明日の午前中に届きます。" * 5)[:70]
"""The longest text of one part."""

KEY = b64encode(b"a key for benchmarks, no secret!").decode()

ROUNDS = 4
"""Plain and sealed messages are measured in turns, because a machine is not equally fast all the time."""


def run(scale: Scale) -> Result:
    """Record and claim messages by one process, plain and sealed."""
    messages = scale.of(40_000, 4_000)
    totals = {name: {"record_us": 0.0, "claim_us": 0.0, "bytes": 0.0} for name in ("plain", "sealed")}
    with MeasuredStack() as stack:
        stores = {
            "plain": WorkerStore(stack.redis, Keys("plain"), sms_code="12345"),
            "sealed": WorkerStore(
                stack.redis, Keys("sealed"), sms_code="12345", secrets=SecretKeys(sealer=Sealer([KEY]))
            ),
        }
        for store in stores.values():
            _measure(store, 500)  # scripts, indexes and buffers are there from now on
        for _ in range(ROUNDS):
            for name, store in stores.items():
                for what, value in _measure(store, messages // ROUNDS).items():
                    totals[name][what] += value / messages
    runs = {name: {"measurements": measurements} for name, measurements in totals.items()}
    plain, sealed = totals["plain"], totals["sealed"]
    return Result(
        name="encryption",
        settings={"messages": messages, "characters": len(BODY)},
        targets=(
            Target(
                "processor time that sealing adds to recording a message",
                20,
                sealed["record_us"] - plain["record_us"],
                at_most=True,
                unit="µs",
            ),
            Target(
                "processor time that opening adds to claiming a message",
                30,
                sealed["claim_us"] - plain["claim_us"],
                at_most=True,
                unit="µs",
            ),
        ),
        runs=runs,
        quick=scale.quick,
    )


def _measure(store: WorkerStore, count: int) -> dict[str, float]:
    """Record and claim so many messages. Return microseconds of this process, and bytes of Redis, for all of them."""
    spent = {"record_us": 0.0, "claim_us": 0.0, "bytes": 0.0}
    before, tags = _used(store.redis), []
    for chunk in new_messages(count, BODY):
        started = process_time()
        store.create(chunk)
        spent["record_us"] += (process_time() - started) * 1e6
        tags.append([one.client_tag for one in chunk])
    spent["bytes"] = _used(store.redis) - before
    for number, chunk_tags in enumerate(tags):
        started = process_time()
        store.claim(chunk_tags, f"{number:016x}", claim_timeout=LEASE, held_for=LEASE)
        spent["claim_us"] += (process_time() - started) * 1e6
    return spent


def _used(redis: Redis) -> int:
    return int(redis.info("memory")["used_memory"])
