"""What the tests of the integrations may ask for."""

from collections.abc import Iterator

import pytest

from producers.connection import connect
from producers.keys import Keys
from producers.ledger import WorkLedger


@pytest.fixture
def ledger(redis_url: str) -> Iterator[WorkLedger]:
    """The ledger that the apps write into, empty."""
    ledger = WorkLedger(connect(redis_url), Keys("zettai"))
    yield ledger
    ledger.close()
