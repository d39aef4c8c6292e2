"""Fixtures of the integration tests."""

from collections.abc import Iterator

import pytest

from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    """Return the empty store of the apps."""
    store = WorkerStore(connect(redis_url), Keys("zettai"))
    yield store
    store.close()
