"""A worker's services with a store, and the simulator as the provider."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.support.inline_engine import InlineEngine
from tests.support.store_helpers import MINUTE, SUBMITTING, claim_one, new_message

import zettai_worker.runtime
from zettai import Message, State
from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.times import from_milliseconds, milliseconds
from zettai_simulator import SimulatorProcess
from zettai_worker.engine import Work
from zettai_worker.provider import SendRequest
from zettai_worker.reconciliation import Comparison, Difference
from zettai_worker.runtime import Runtime
from zettai_worker.settings import WorkerSettings

TIMES = (
    "created",
    "since",
    "expires",
    "send_at",
    "sent",
    "cancel_requested",
    "unknown_since",
    "not_found_since",
    "bulk_canceled_at",
)
"""The times in a record."""

TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Sides:
    """Store and provider, and ways to make them differ."""

    simulator: SimulatorProcess
    runtime: Runtime

    @property
    def store(self) -> WorkerStore:
        return self.runtime.store

    @property
    def comparison(self) -> Comparison:
        return self.runtime.comparison

    @property
    def today(self) -> date:
        return self.comparison.today()

    def work(self, work: Work[Any, Any], *messages: NewMessage) -> None:
        """Do one kind of work for messages."""
        self.runtime.engine.add(work, Lane.STATUS, [one.client_tag for one in messages])

    def later(self) -> datetime:
        """Return a time far enough ahead for a reservation."""
        return self.store.now() + timedelta(days=1)

    def record(self, *states: State, **keywords: Any) -> NewMessage:
        """Record a message that goes through these states after `queued`."""
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

    def send_unrecorded(self, one: NewMessage, **changes: Any) -> None:
        """Send a message to the provider without recording that in the store."""
        fields = {"phone_number": one.to, "message": one.body, "client_tag": one.client_tag, "sms_code": one.sender}
        self.runtime.provider.send(SendRequest(**{**fields, "schedule_time": one.send_at, **changes}))

    def message(self, one: NewMessage) -> Message:
        [message] = self.store.get([one.client_tag])
        assert message is not None
        return message

    def let_lag_pass(self, one: NewMessage) -> None:
        """Let so much time pass for a message that the provider's lists cannot lag any more."""
        self.let_time_pass(one, self.runtime.settings.status_lag)

    def let_time_pass(self, one: NewMessage, time: timedelta) -> None:
        """Move all times of a message back, as if so much time had passed for it. The provider's clock stays."""
        key, keys = self.store.keys.message(one.client_tag), self.store.keys
        for field in TIMES:
            if (value := self.store.redis.hget(key, field)) is not None:
                self.store.redis.hset(key, field, int(value) - milliseconds(time))
        for index in (keys.due_to_send, keys.due_to_check):
            if self.store.redis.zscore(index, one.client_tag) is not None:
                self.store.redis.zincrby(index, -milliseconds(time), one.client_tag)

    def until_due(self, one: NewMessage) -> timedelta:
        """Return the time until a message is due for a check, or to be sent."""
        keys = self.store.keys
        [due] = [
            score
            for index in (keys.due_to_send, keys.due_to_check)
            if (score := self.store.redis.zscore(index, one.client_tag)) is not None
        ]
        return from_milliseconds(due) - self.store.now()

    def calls_of(self, endpoint: str) -> int:
        """Return how many calls of an endpoint the provider got."""
        return sum(self.simulator.stats()["calls"].get(endpoint, {}).values())

    def slots_of(self, lane: Lane) -> float:
        """Return how many calls this process made in a lane."""
        [metric] = self.runtime.metrics.slot_waits.collect()
        return sum(
            sample.value
            for sample in metric.samples
            if sample.name.endswith("_count") and sample.labels["lane"] == lane
        )

    def compare_statuses(self) -> list[Difference]:
        """Return the differences of today's statuses, and correct them."""
        return self._correct(self.comparison.statuses(self.today))

    def compare_reservations(self, day: date) -> list[Difference]:
        """Return the differences of a day's reservations, and correct them."""
        reserved = self.comparison.reserved_tags_by_day().get(day, {})
        return self._correct(self.comparison.reservations(day, reserved))

    def _correct(self, batches: Iterator[list[Difference]]) -> list[Difference]:
        differences = []
        for batch in batches:
            self.comparison.correct(batch)
            differences += batch
        return differences


@pytest.fixture(scope="session")
def simulator() -> Iterator[SimulatorProcess]:
    """A provider that delivers messages at once."""
    with SimulatorProcess(delivery_after=0) as simulator:
        yield simulator


@pytest.fixture
def sides(redis_url: str, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sides]:
    """An empty store and an empty provider."""
    # On a busy machine, Redis may take longer than a worker waits for slots: the call would then not be made.
    monkeypatch.setattr(zettai_worker.runtime, "LIMITER_TIMEOUT", timedelta(seconds=30))
    simulator.reset()
    settings = WorkerSettings.load(
        redis_url=redis_url, token=TOKEN, client_id="1234", sms_code="12345", api_url=simulator.url
    )
    monkeypatch.setattr(zettai_worker.runtime, "Engine", InlineEngine)
    runtime = Runtime(settings)
    yield Sides(simulator, runtime)
    runtime.provider.close()
    runtime.limiter.close()
    runtime.publisher.close()
    runtime.store.close()
