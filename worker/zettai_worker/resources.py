"""What the services of a worker process share, and their base."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import StateUpdate, WorkerStore
from zettai_worker.engine import Slots
from zettai_worker.limiter import Limiter
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.provider import ProviderClient
from zettai_worker.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class Resources:
    """The store, the provider and what a service needs to call it. Each process has one of each."""

    store: WorkerStore
    provider: ProviderClient
    limiter: Limiter
    settings: WorkerSettings
    metrics: WorkerMetrics


class Service:
    """A service of the worker: the base of what calls the provider for messages of the store."""

    def __init__(self, resources: Resources) -> None:
        """Build it of the resources of the process."""
        self._store = resources.store
        self._provider = resources.provider
        self._limiter = resources.limiter
        self._settings = resources.settings
        self._metrics = resources.metrics

    def _make_due(self, client_tags: Sequence[str], states: Collection[State]) -> None:
        """Make messages due at once if they are in one of these states, so that a worker gets a task for them."""
        self._store.apply_updates(
            [StateUpdate(client_tag=tag, expected_states=frozenset(states), due_in=timedelta()) for tag in client_tags]
        )


class CountedCalls:
    """A before-send hook that waits for a slot of the rate limit, and counts the calls that got one.

    Attributes:
        count: how many calls got a slot.
        at: the time of the latest slot, by the clock of Redis; None before the first one.
    """

    def __init__(self, slots: Slots, lane: Lane, settings: WorkerSettings) -> None:
        self.count = 0
        self.at: datetime | None = None
        self._slots = slots
        self._lane = lane
        self._timeout = settings.slot_wait

    def __call__(self) -> datetime:
        """Wait for a slot, and return its time.

        Raises:
            LimiterError: there is none.
        """
        self.at = self._slots.acquire(self._lane, timeout=self._timeout)
        self.count += 1
        return self.at
