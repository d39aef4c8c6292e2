"""Publishing while the connections to Redis are cut."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from kombu.exceptions import OperationalError

from zettai.core.lanes import Lane
from zettai.core.publisher import Publisher
from zettai.core.settings import Settings
from zettai_demo.stack import RedisServer

CUT_INTERVAL = 0.0005


@pytest.fixture
def cut_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that closes all connections again and again, until the test ends."""
    ended = Event()

    def cut() -> None:
        while not ended.wait(CUT_INTERVAL):
            redis_server.drop_connections()

    with RedisServer(tmp_path / "redis") as redis_server:
        thread = Thread(target=cut)
        thread.start()
        yield redis_server
        ended.set()
        thread.join()


def test_lost_connection_raises_one_type_of_error(cut_server: RedisServer) -> None:
    """Kombu raises an AttributeError for about half of the losses."""
    outcomes = Counter[str]()

    with closing(Publisher(Settings.load(redis_url=cut_server.url))) as publisher:
        while outcomes["lost"] < 30 or not outcomes["published"]:
            try:
                publisher.publish("any", Lane.NORMAL)
            except OperationalError:
                outcomes["lost"] += 1
            else:
                outcomes["published"] += 1
