"""Fixtures of the limiter's tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta

import pytest
from redis import Redis
from tests.integration.limiter.timeline import KEY, Timeline

from zettai.core.store.connection import UNRETRIED, connect
from zettai_worker.limiter import Limiter, SlotStorage


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client like the one that the worker gives to the limiter."""
    with connect(redis_url, retry=UNRETRIED, timeout=timedelta(seconds=2)) as client:
        yield client


@pytest.fixture
def history(redis: Redis) -> None:
    """A timeline on which the first slot is free at once."""
    redis.hset(KEY, mapping={"next": "1", "run": redis.info("server")["run_id"]})


@pytest.fixture
def storage(redis: Redis) -> SlotStorage:
    """The storage in the test's Redis."""
    return SlotStorage(connection_pool=redis.connection_pool)


@pytest.fixture
def make_limiter(redis: Redis) -> Iterator[Callable[[str], Limiter]]:
    """Return a function that makes limiters of the same timeline. They are closed at the end."""
    with ExitStack() as stack:

        def make(limit: str = "600/second") -> Limiter:
            return stack.enter_context(closing(Limiter(redis, limit=limit, key=KEY)))

        yield make


@pytest.fixture
def limiter(make_limiter: Callable[[str], Limiter], history: None) -> Limiter:
    """A limiter that can book at once."""
    return make_limiter("600/second")


@pytest.fixture
def timeline(storage: SlotStorage, redis: Redis, history: None) -> Timeline:
    """The timeline without a slot dispatcher."""
    return Timeline(storage, redis)
