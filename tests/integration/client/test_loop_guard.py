"""The loop guard: a producer that sends ten times its usual rate is paused in its lane, until it is resumed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from tests.support.redis_clock import RedisClock, set_by_test

from zettai import RateExceeded, Settings, SmsClient
from zettai.core.store.keys import Keys
from zettai.core.store.loops import LOOP_LEAST, resume_producers

MINUTE = timedelta(minutes=1)

USUAL = 20
"""Messages that the producer sends in a usual minute."""


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


@pytest.fixture
def clock(redis: Redis) -> Iterator[RedisClock]:
    clock = RedisClock(redis, datetime(2026, 11, 27, 12, 0, tzinfo=UTC))
    with set_by_test(clock):
        yield clock


@pytest.fixture
def client(redis_url: str) -> Iterator[SmsClient]:
    with SmsClient(Settings.load(redis_url=redis_url, loop_guard=10)) as client:
        yield client


def _send(client: SmsClient, count: int, lane: str = "normal") -> int:
    """Send messages to different numbers; return how many were refused."""
    items = ({"to": f"0901{number:07}", "body": "hello", "lane": lane} for number in range(count))
    errors = [result.error for result in client.send_many(items) if result.error is not None]
    assert all(isinstance(error, RateExceeded) and error.guard == "loop" for error in errors)
    return len(errors)


def _be_usual(client: SmsClient, clock: RedisClock, minutes: int) -> None:
    """Send at the usual rate. A steady rate is known after some hours of it."""
    for _ in range(minutes):
        assert _send(client, USUAL) == 0
        clock.advance(MINUTE)


def test_producer_that_sends_ten_times_as_much_is_paused_in_its_lane(
    client: SmsClient, clock: RedisClock, redis: Redis
) -> None:
    _be_usual(client, clock, 240)

    refused = _send(client, 30 * USUAL)

    # The mean is a little below the rate.
    assert 20 * USUAL <= refused <= 22 * USUAL
    clock.advance(60 * MINUTE)
    with pytest.raises(RateExceeded) as caught:
        client.send("09012345678", "still paused")
    assert caught.value.retry_after is None
    assert _send(client, USUAL, lane="urgent") == 0

    assert [(one.name, one.lane) for one in resume_producers(redis, Keys("zettai"))] == [("library", "normal")]
    assert _send(client, 9 * USUAL) == 0
    assert resume_producers(redis, Keys("zettai")) == []


def test_producer_is_not_judged_within_its_first_hour_and_never_for_a_few_messages(
    client: SmsClient, clock: RedisClock
) -> None:
    assert _send(client, 1_000) == 0
    clock.advance(59 * MINUTE)
    assert _send(client, 1_000) == 0

    clock.advance(24 * 60 * MINUTE)
    assert _send(client, LOOP_LEAST) == 0
    assert _send(client, 1) == 1


def test_guard_is_off_by_default(redis_url: str, clock: RedisClock) -> None:
    with SmsClient(Settings.load(redis_url=redis_url)) as client:
        assert _send(client, 1) == 0
        clock.advance(24 * 60 * MINUTE)
        assert _send(client, 1_000) == 0
