"""The services of all accounts in one worker process.

Each account has its own: engine, limiter, connections to the provider, and jobs. So a suspended or slow account has
threads and waiting messages of its own, and delays no other one.
"""

from collections.abc import Callable
from time import monotonic

from prometheus_client import CollectorRegistry

from zettai.core.accounts import account_label
from zettai.core.lanes import Lane
from zettai_worker.engine.callers import MOST_CALLERS
from zettai_worker.metrics.by_account import CollectorByAccount
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.runtime import Runtime
from zettai_worker.settings import WorkerSettings

RuntimeOf = Callable[[str | None], Runtime]
"""Returns the services of an account; None is the default account."""


class Runtimes:
    """Builds the services of each account of the settings."""

    def __init__(self, settings: WorkerSettings, registry: CollectorRegistry) -> None:
        """Build the services.

        Args:
            settings: of the worker.
            registry: what the process serves to Prometheus.

        Raises:
            SettingsError: an account has no token.
        """
        accounts = settings.account_names
        registries = {account: CollectorRegistry() for account in accounts}
        self._runtimes = {
            account: Runtime(
                settings.for_account(account),
                WorkerMetrics(registries[account]),
                # The threads of a process take memory, so the accounts share them.
                most_callers=MOST_CALLERS // len(accounts),
            )
            for account in accounts
        }
        registry.register(CollectorByAccount({account_label(name): one for name, one in registries.items()}))

    @property
    def busy(self) -> int:
        """The calls that this process makes now."""
        return sum(one.engine.callers.busy for one in self._runtimes.values())

    def of(self, account: str | None) -> Runtime:
        """Return the services of an account."""
        return self._runtimes[account]

    def has_room(self, lane: Lane, account: str | None) -> bool:
        """Return whether more tasks of a lane of an account are welcome."""
        return self._runtimes[account].engine.has_room(lane)

    def stop(self) -> None:
        """Start nothing new, give back what waits, and end all waits for a slot. Calls in flight are finished."""
        for one in self._runtimes.values():
            one.stop()

    def join(self, timeout: float) -> bool:
        """After `stop`: wait until all calls have ended and are recorded. Return False if some have not in time."""
        deadline = monotonic() + timeout
        ended = [one.engine.join(max(0.0, deadline - monotonic())) for one in self._runtimes.values()]
        return all(ended)
