"""What the tests of the integrations may ask for."""

from collections.abc import Iterator

import pytest

from zettai.core.store import WorkLedger
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys


@pytest.fixture
def ledger(redis_url: str) -> Iterator[WorkLedger]:
    """The ledger that the apps write into, empty."""
    ledger = WorkLedger(connect(redis_url), Keys("zettai"))
    yield ledger
    ledger.close()
