"""A clock that stands still until a test moves it."""

from collections.abc import Iterator

import pytest
from tests.support.campaigns import MONDAY
from tests.support.redis_clock import RedisClock, set_by_test

from zettai.core.store.connection import connect


@pytest.fixture
def clock(redis_url: str) -> Iterator[RedisClock]:
    """Let the store's time stand still at noon of a Monday."""
    with connect(redis_url) as redis:
        clock = RedisClock(redis, MONDAY)
        with set_by_test(clock):
            yield clock
