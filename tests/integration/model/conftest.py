"""A server for the examples. It keeps nothing on disk: each example begins with an empty one."""

from collections.abc import Iterator

import pytest
from redis import Redis
from tests.support.servers import valkey

from zettai_worker.settings import WorkerSettings


@pytest.fixture(scope="session")
def model_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A client of the server."""
    folder = tmp_path_factory.mktemp("model")
    with valkey(folder) as server, Redis(port=server.port, decode_responses=True) as redis:
        redis.config_set("appendonly", "no")
        yield redis


@pytest.fixture(scope="session")
def worker_settings() -> WorkerSettings:
    """The defaults of the product."""
    return WorkerSettings.load(
        token="0123456789abcdef0123456789abcdef", client_id="1234", sms_code="12345", api_url="http://127.0.0.1:1"
    )
