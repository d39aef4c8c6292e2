"""The timeline as a storage of `limits`, which `limits` finds by its scheme."""

import pytest
from limits.storage import storage_from_string
from redis import Redis
from tests.integration.limiter.timeline import KEY, Timeline

from zettai_worker.limiter import SlotStorage
from zettai_worker.limiter.spacing import HORIZON, SPREAD, Spacing, parse_limit


@pytest.mark.parametrize("scheme", ["redis+slots", "rediss+slots", "redis+unix+slots"])
def test_scheme_finds_the_storage_without_a_connection(scheme: str) -> None:
    assert isinstance(storage_from_string(f"{scheme}://localhost:1/0"), SlotStorage)


def test_storage_from_a_url_books_under_the_given_key(redis_url: str, redis: Redis, history: None) -> None:
    storage = storage_from_string(redis_url.replace("redis://", "redis+slots://"))
    assert isinstance(storage, SlotStorage)
    assert storage.book(KEY, Timeline.spacing, wanted=1, horizon=HORIZON).count == 1
    assert redis.keys() == [KEY]
    storage.storage.close()


def test_hosts_with_different_limits_share_the_timeline(timeline: Timeline, redis: Redis) -> None:
    """So a new limit can be rolled out host by host."""
    slower = Spacing.of(parse_limit("300/second"), SPREAD)
    booked, other = timeline.book(3), timeline.book(spacing=slower)
    while other.server_time > booked.slots[-1] + booked.step:  # the slots before it were over: the machine is busy
        booked, other = timeline.book(3), timeline.book(spacing=slower)
    assert other.first == booked.slots[-1] + booked.step
    assert redis.keys() == [KEY]
