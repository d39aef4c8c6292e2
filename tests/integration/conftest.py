"""A ledger on a real server."""

from collections.abc import Iterator

import pytest

from producers.connection import connect
from producers.keys import Keys
from producers.ledger import WorkLedger


@pytest.fixture
def ledger(redis_url: str) -> Iterator[WorkLedger]:
    """An empty ledger."""
    ledger = WorkLedger(connect(redis_url), Keys("test"))
    yield ledger
    ledger.close()
