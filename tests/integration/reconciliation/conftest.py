"""One process's services, the provider's simulator, and what tests tell both of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.support.store_helpers import MINUTE, SUBMITTING, claim_one, new_message

from zettai import Message, State
from zettai.core.new_message import NewMessage
from zettai.core.store import StateUpdate, WorkerStore
from zettai_simulator import SimulatorProcess
from zettai_worker.provider import SendRequest
from zettai_worker.reconciliation import Comparison, Difference
from zettai_worker.runtime import Runtime
from zettai_worker.settings import WorkerSettings

TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Desk:
    """Both sides, and ways to let them differ."""

    simulator: SimulatorProcess
    runtime: Runtime

    @property
    def store(self) -> WorkerStore:
        """Ours."""
        return self.runtime.store

    @property
    def comparison(self) -> Comparison:
        """What is tested."""
        return Comparison(self.store, self.runtime.provider, self.runtime.limiter, self.runtime.settings)

    @property
    def today(self) -> date:
        """The day in Japan."""
        return self.comparison.today()

    def later(self) -> datetime:
        """A minute far enough ahead for a reservation."""
        return self.store.now() + timedelta(days=1)

    def record(self, *states: State, **keywords: Any) -> NewMessage:
        """A message of ours that has gone through some states after `queued`."""
        one = new_message(**keywords)
        self.store.create([one])
        expected_states = State.QUEUED
        for state in states:
            if expected_states is State.QUEUED and state not in {State.HELD, State.CANCELED, State.EXPIRED}:
                claim_one(self.store, one.client_tag)
                expected_states = State.SUBMITTING
            if state is not State.SUBMITTING:
                order = StateUpdate(
                    client_tag=one.client_tag,
                    expected_states=frozenset({expected_states}),
                    claim_id="claim" if expected_states in SUBMITTING else None,
                    to=state,
                    reason="test",
                    due_in=MINUTE,
                )
                assert self.store.apply_updates([order]) == [state]
            expected_states = state
        return one

    def give(self, one: NewMessage, **changes: Any) -> None:
        """Let the provider have a message, without any record of ours."""
        fields = {"phone_number": one.to, "message": one.body, "client_tag": one.client_tag}
        self.runtime.provider.send(SendRequest(**{**fields, "schedule_time": one.send_at, **changes}))

    def message(self, one: NewMessage) -> Message:
        """The record."""
        [message] = self.store.get([one.client_tag])
        assert message is not None
        return message

    def compare_statuses(self, *, settle: bool = True) -> list[Difference]:
        """Compare today's statuses."""
        return [one for batch in self.comparison.statuses(self.today) for one in self._settled(batch, settle=settle)]

    def compare_reservations(self, day: date, *, settle: bool = True) -> list[Difference]:
        """Compare a day's reservations."""
        reserved = self.comparison.reserved_by_day().get(day, [])
        batches = self.comparison.reservations(day, reserved)
        return [one for batch in batches for one in self._settled(batch, settle=settle)]

    def _settled(self, batch: list[Difference], *, settle: bool) -> list[Difference]:
        if settle:
            self.comparison.apply_updates(batch)
        return batch


@pytest.fixture(scope="session")
def simulator() -> Iterator[SimulatorProcess]:
    """A provider whose messages arrive at once."""
    with SimulatorProcess(delivery_after=0) as simulator:
        yield simulator


@pytest.fixture
def desk(redis_url: str, simulator: SimulatorProcess) -> Iterator[Desk]:
    """Nothing recorded, and nothing at the provider."""
    simulator.reset()
    settings = WorkerSettings.load(
        redis_url=redis_url, token=TOKEN, client_id="1234", sms_code="12345", api_url=simulator.url
    )
    runtime = Runtime(settings)
    yield Desk(simulator, runtime)
    runtime.provider.close()
    runtime.limiter.close()
    runtime.publisher.close()
    runtime.store.close()
