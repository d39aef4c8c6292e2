"""The limit as an extension of `limits`: a storage found by its scheme, and a strategy like the others."""

import os

import pytest
from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import RateLimiter
from redis import Redis
from tests.integration.limiter.timeline import KEY, Timeline

from zettai_worker.limiter import SlotRateLimiter, SlotStorage
from zettai_worker.limiter.units import SECOND

ITEM = parse("600/second")


@pytest.fixture
def strategy(storage: SlotStorage, history: None) -> SlotRateLimiter:
    """A strategy on a known timeline."""
    return SlotRateLimiter(storage)


@pytest.mark.parametrize("scheme", ["redis+slots", "rediss+slots", "redis+unix+slots"])
def test_the_scheme_finds_the_storage(scheme: str) -> None:
    """Importing the package is all that `limits` needs; nothing is dialled."""
    assert isinstance(storage_from_string(f"{scheme}://localhost:1/0"), SlotStorage)


def test_a_storage_from_a_string_books(redis_url: str) -> None:
    """With a prefix, as `limits` has it; on a fresh timeline nothing is due at first."""
    storage = storage_from_string(redis_url.replace("redis://", "redis+slots://"), decode_responses=True)
    assert isinstance(storage, SlotStorage)
    assert not SlotRateLimiter(storage).hit(ITEM, "account")
    assert storage.storage.keys() == ["LIMITS:account"]
    storage.storage.close()


def test_hit_takes_the_slot_that_is_due(strategy: SlotRateLimiter, timeline: Timeline) -> None:
    """And nothing where none is due."""
    assert isinstance(strategy, RateLimiter)
    assert strategy.hit(ITEM, KEY)
    after = timeline.read("next")
    assert not strategy.hit(ITEM, KEY)
    assert timeline.read("next") == after
    timeline.pass_time(SECOND)
    assert strategy.hit(ITEM, KEY)


def test_test_takes_nothing(strategy: SlotRateLimiter, timeline: Timeline) -> None:
    """It only tells whether a hit would succeed."""
    assert strategy.test(ITEM, KEY)
    assert strategy.test(ITEM, KEY)
    strategy.reserve(ITEM, KEY, n=3)
    assert not strategy.test(ITEM, KEY)
    timeline.pass_time(SECOND)
    timeline.slow_down(SECOND)
    assert not strategy.test(ITEM, KEY)


def test_window_stats_name_the_next_slot(strategy: SlotRateLimiter) -> None:
    """By the clock of Redis."""
    assert strategy.get_window_stats(ITEM, KEY).remaining == 1
    lease = strategy.reserve(ITEM, KEY, n=3)
    stats = strategy.get_window_stats(ITEM, KEY)
    assert stats.reset_time == pytest.approx((lease.slots[-1] + lease.step) / SECOND, abs=1e-6)
    assert stats.remaining == 0


def test_another_limit_goes_on_with_the_timeline(strategy: SlotRateLimiter, redis: Redis) -> None:
    """While a new setting is rolled out, hosts with both book on the same one."""
    strategy.reserve(ITEM, KEY)
    assert strategy.reserve(parse("300/second"), KEY).first > 0
    assert redis.keys() == [KEY]


def test_a_cleared_timeline_begins_with_silence(strategy: SlotRateLimiter) -> None:
    """A cleared limit is not a free one."""
    strategy.reserve(ITEM, KEY)
    strategy.clear(ITEM, KEY)
    assert strategy.reserve(ITEM, KEY).count == 0


def test_a_call_is_one_slot(strategy: SlotRateLimiter) -> None:
    """A cost would be paid at one instant, which is what slots prevent."""
    for ask in (strategy.hit, strategy.test):
        with pytest.raises(ValueError, match="one call"):
            ask(ITEM, KEY, cost=2)


def test_other_storages_have_no_slots() -> None:
    """The mistake shows when the strategy is made."""
    with pytest.raises(TypeError, match="has no slots"):
        SlotRateLimiter(MemoryStorage())


def test_reset_does_not_search_the_database(storage: SlotStorage) -> None:
    """Without a prefix it would delete the store."""
    with pytest.raises(NotImplementedError):
        storage.reset()


def test_errors_can_be_those_of_limits() -> None:
    """`limits` wraps what its own methods raise, if it is asked to."""
    storage = SlotStorage(f"redis+unix+slots://{os.devnull}/none", wrap_exceptions=True)
    with pytest.raises(StorageError):
        storage.clear(KEY)
