"""A Redis that a flood fills: accepting stops in time, and workers that start then work off what was accepted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from tests.support.stack import SHORT_TIMES, Stack, eventually

from zettai import CreateResult, GuardError, SmsClient, State, StoreFull
from zettai.core.store.memory import ACCEPT_BELOW, ACCEPT_URGENT_BELOW, read_memory_use
from zettai_demo.stack import RedisServer
from zettai_simulator import SimulatorProcess

pytestmark = pytest.mark.long

MAXMEMORY = 16_000_000

FILLED = 11_000_000
"""Bytes that other data uses, so that a few thousand messages fill the rest."""

PIECE = 8_000

BUFFERS = 0.03
"""The part of the memory that buffers of connections use for moments."""


@pytest.fixture
def small_stack(tmp_path: Path) -> Iterator[Stack]:
    redis = RedisServer(tmp_path / "redis")
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.3)
    with Stack(tmp_path, redis=redis, simulator=simulator, settings=SHORT_TIMES) as stack:
        yield stack


def _flood(client: SmsClient, lane: str, first: int) -> list[CreateResult]:
    """Send messages until one is refused, and return the results."""
    numbers = iter(range(first, 1_000_000))
    results: list[CreateResult] = []
    while not results or results[-1].ok:
        batch = [next(numbers) for _ in range(100)]
        items = [{"to": f"0901{number:07}", "body": f"code {number}", "lane": lane} for number in batch]
        results += client.send_many(items)
    return results


def _share(stack: Stack) -> float:
    use = read_memory_use(stack.store.redis, stack.store.keys)
    assert use is not None
    return use.share


def _oom_errors(redis: Redis) -> int:
    return int(redis.info("errorstats").get("errorstat_OOM", {"count": 0})["count"])


@pytest.mark.timeout(600)
def test_flood_is_refused_and_everything_accepted_is_sent_once(small_stack: Stack) -> None:
    client, redis = small_stack.client, small_stack.store.redis
    for _ in range(FILLED // PIECE):
        redis.rpush("other data", "x" * PIECE)
    redis.config_set("maxmemory", MAXMEMORY)

    results = _flood(client, "bulk", 0)
    assert {type(result.error) for result in results if not result.ok} == {StoreFull}
    assert ACCEPT_BELOW - BUFFERS < _share(small_stack) < ACCEPT_URGENT_BELOW
    urgent = _flood(client, "urgent", len(results))
    assert urgent[0].ok
    assert ACCEPT_URGENT_BELOW - BUFFERS < _share(small_stack) < 1
    results += urgent
    refused = results[-1].error
    assert isinstance(refused, GuardError)
    assert refused.retry_after is not None
    accepted = {result.message.client_tag for result in results if result.message}
    first = results[0].message
    assert first is not None
    assert client.cancel(first.client_tag) == "canceled"
    accepted.remove(first.client_tag)

    # They start while nothing is accepted.
    small_stack.start_worker()
    small_stack.start_beat()
    ended = len(accepted) + 1
    counts = small_stack.store.counts
    eventually(lambda: sum(counts()[state] for state in State if state.is_final) == ended, "all final", 400)

    assert sum(counts()[state] for state in State if state.was_never_sent) == 1
    assert sorted(record["clientTag"] for record in small_stack.simulator.records()) == sorted(accepted)
    assert _oom_errors(redis) == 0
    assert "Traceback" not in small_stack.log_text()
    redis.delete("other data")
    again = {"to": "09012345678", "body": "room again", "client_tag": "again"}
    eventually(lambda: next(client.send_many([again])).ok, "a message is accepted again")


def test_workers_and_beat_start_and_go_on_when_a_redis_that_is_full_gets_room(small_stack: Stack) -> None:
    """Something else has filled Redis to the last byte, so not even a task can be taken."""
    message = small_stack.client.send("09012345678", "recorded before")
    redis = small_stack.store.redis
    redis.config_set("maxmemory", 1_000_000)

    supervisor = small_stack.start_supervisor("--processes=1")
    eventually(lambda: _oom_errors(redis) > 0, "a refused write")
    redis.config_set("maxmemory", MAXMEMORY)

    small_stack.wait_for_state(message, State.DELIVERED)
    assert not supervisor.has_ended
