"""A store on a real server."""

from collections.abc import Iterator

import pytest

from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    """An empty store."""
    store = WorkerStore(connect(redis_url), Keys("test"))
    yield store
    store.close()
