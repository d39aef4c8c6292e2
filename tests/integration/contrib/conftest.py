"""What the tests of the integrations may ask for."""

from collections.abc import Iterator

import pytest

from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    """The store that the apps write into, empty."""
    store = WorkerStore(connect(redis_url), Keys("zettai"))
    yield store
    store.close()
