"""A ledger on a real server."""

from collections.abc import Iterator

import pytest

from zettai.core.store import WorkLedger
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys


@pytest.fixture
def ledger(redis_url: str) -> Iterator[WorkLedger]:
    """An empty ledger."""
    ledger = WorkLedger(connect(redis_url), Keys("test"))
    yield ledger
    ledger.close()
