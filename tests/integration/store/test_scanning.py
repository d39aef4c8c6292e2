"""Scanning an index while it changes."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from redis import Redis
from tests.support.store_helpers import new_message, wait_a_millisecond

from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.scanning import PAGE, scan

KEY = "scanned"


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of an empty server."""
    with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("apart", [0, 1, 100])
def test_each_member_is_yielded_once_in_order(redis: Redis, apart: int, *, newest_first: bool) -> None:
    scores = {f"{number:05}": number // 700 * apart for number in range(3 * PAGE)}
    redis.zadd(KEY, scores)

    found = list(scan(redis, KEY, "-inf", "+inf", newest_first=newest_first))

    assert found == sorted(scores, reverse=newest_first)


@pytest.mark.parametrize("newest_first", [False, True])
def test_concurrent_changes_do_not_hide_or_repeat_members(redis: Redis, *, newest_first: bool) -> None:
    redis.zadd(KEY, {f"{number:05}": number // 3 for number in range(4 * PAGE)})
    staying = {f"{number:05}" for number in range(0, 4 * PAGE, 2)}
    scanning = scan(redis, KEY, "-inf", "+inf", newest_first=newest_first)

    found = [next(scanning)]
    redis.zrem(KEY, *(f"{number:05}" for number in range(1, 4 * PAGE, 2)))
    redis.zadd(KEY, {f"new {number}": score for number, score in enumerate((-1, 5, 1000, 9999))})
    found += scanning

    assert len(found) == len(set(found))
    assert staying <= set(found)


def test_bounds_limit_the_scan(store: WorkerStore) -> None:
    times = []
    for number in range(4):
        store.create([new_message(client_tag=f"t{number}", group="g")])
        [message] = store.get([f"t{number}"])
        assert message is not None
        times.append(message.since)
        wait_a_millisecond(store)

    for key in (store.keys.state(State.QUEUED), store.keys.group("g")):
        assert list(store.scan(key, since=times[1], until=times[3])) == ["t1", "t2"]
        assert list(store.scan(key, since=times[2])) == ["t2", "t3"]
        assert list(store.scan(key, until=times[0] + timedelta(milliseconds=1), newest_first=True)) == ["t0"]
