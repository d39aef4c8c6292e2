"""Several processes at the limit. The test counts their calls in the worst second, and compares no durations."""

import time

import pytest
from limits import parse
from limits.storage import RedisStorage
from redis import Redis
from tests.integration.limiter.timeline import KEY

from zettai_benchmarks.saturating import LIMIT, calls, processes_ready
from zettai_simulator.arrivals import worst_window
from zettai_worker.limiter.microseconds import SECOND

pytestmark = pytest.mark.alone


def test_no_second_has_more_calls_than_the_limit(redis_url: str, history: None) -> None:
    """All threads want more than the limit. They get most of it, even on a busy machine."""
    with processes_ready("slots", redis_url, KEY) as processes:
        made = calls(processes, start=time.monotonic() + 0.5, seconds=4)
    assert worst_window(made) <= 600
    assert len(made) > 0.5 * 600 * (made[-1] - made[0]) / SECOND


def test_fixed_window_exceeds_the_limit(redis_url: str, redis: Redis) -> None:
    """The control: the test above could pass because it counts nothing.

    One call has opened a window, which ends shortly after the start. The calls of the next window follow at once.
    """
    window = RedisStorage(redis_url).prefixed_key(parse(LIMIT).key_for(KEY))
    with processes_ready("fixed-window", redis_url, KEY) as processes:
        redis.set(window, 1, pxat=int((time.time() + 0.8) * 1_000))
        made = calls(processes, start=time.monotonic() + 0.5, seconds=1)
    assert worst_window(made) > 600
