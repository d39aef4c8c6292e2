"""What the services of a worker process share."""

from dataclasses import dataclass
from datetime import datetime

from zettai.core.lanes import Lane
from zettai.core.store import WorkerStore
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


class CountedCalls:
    """A before-send hook that waits for a slot of the rate limit, and counts the calls that got one."""

    def __init__(self, resources: Resources, lane: Lane) -> None:
        self.count = 0
        self._limiter = resources.limiter
        self._lane = lane
        self._timeout = resources.settings.slot_wait

    def __call__(self) -> datetime:
        """Wait for a slot, and return its time.

        Raises:
            LimiterError: there is none.
        """
        slot = self._limiter.acquire(self._lane, timeout=self._timeout)
        self.count += 1
        return slot
