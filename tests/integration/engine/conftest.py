"""Work that a test controls, and slots that are always free."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Lock

import pytest

from zettai.core.lanes import Lane
from zettai_worker.engine import Slots


class FreeSlots:
    """A limiter without a limit."""

    def acquire(self, lane: Lane, *, timeout: timedelta) -> datetime:
        return datetime.now(UTC)


class Recorded:
    """Work that notes what is done with it. Calls wait until the test lets them go on."""

    task = "zettai.test"

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.recorded: list[str] = []
        self.batches: list[list[str]] = []
        self.given_back: list[str] = []
        self.errors: dict[str, list[Exception]] = {}
        self.may_ask = Event()
        self.may_ask.set()
        self.may_end = Event()
        self.may_end.set()
        self._lock = Lock()

    def take(self, client_tags: Sequence[str]) -> list[str]:
        self._raise_for(client_tags)
        self.taken.extend(client_tags)
        return list(client_tags)

    def call(self, item: str, slots: Slots) -> str:
        self.may_ask.wait(30)
        slots.acquire(Lane.NORMAL, timeout=timedelta(seconds=1))
        self.may_end.wait(30)
        return item

    def record(self, outcomes: Sequence[str]) -> None:
        self._raise_for(outcomes)
        with self._lock:
            self.batches.append(list(outcomes))
            self.recorded.extend(outcomes)

    def give_back(self, client_tags: Sequence[str]) -> None:
        self.given_back.extend(client_tags)

    def _raise_for(self, client_tags: Sequence[str]) -> None:
        for tag in client_tags:
            if self.errors.get(tag):
                raise self.errors[tag].pop()


@pytest.fixture
def work() -> Recorded:
    return Recorded()
