"""The metrics that all processes share, for `zettai exporter`: one exporter for an installation.

They are read from Redis when Prometheus asks, with about seventy commands in ten round trips for each account, however
many messages there are, and at most once a second. `worker_metrics.py` has the metrics of a single process.
"""

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from time import monotonic

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from zettai.core.store import MessageStore
from zettai_worker.limiter import Limiter, LimiterUnavailable
from zettai_worker.metrics.account_metrics import read_account_metrics
from zettai_worker.metrics.by_account import by_account
from zettai_worker.metrics.campaign_metrics import campaign_metrics, read_campaign_statistics
from zettai_worker.metrics.event_metrics import event_metrics, read_event_statistics
from zettai_worker.metrics.families import gauge_family
from zettai_worker.webhooks.statistics import read_webhook_statistics, webhook_metrics

CACHE_SECONDS = 1.0
"""How long the exporter returns the same values before it reads them again."""


class Exporter(Collector):
    """Collects the metrics. Safe for threads."""

    def __init__(
        self, accounts: Mapping[str, tuple[MessageStore, Limiter]], clock: Callable[[], float] = monotonic
    ) -> None:
        """Prepare to collect.

        Args:
            accounts: the store and the limiter of each account, by its name; at least one.
            clock: the time since some moment, in seconds.
        """
        self._accounts = accounts
        self._clock = clock
        self._lock = Lock()
        self._metrics: list[Metric] = []
        self._read_at = float("-inf")

    def collect(self) -> Iterable[Metric]:
        """Return all metrics; while Redis does not answer, only `zettai_redis_up`."""
        with self._lock:
            if self._clock() - self._read_at >= CACHE_SECONDS:
                self._metrics = self._read()
                self._read_at = self._clock()
            return self._metrics

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering the exporter does not wait for Redis."""
        return ()

    def _read(self) -> list[Metric]:
        try:
            of_accounts = {name: read_account_metrics(*one) for name, one in self._accounts.items()}
            [store, _] = next(iter(self._accounts.values()))
            suppressed_numbers, events = store.suppressions.count(), read_event_statistics(store)
            webhooks = read_webhook_statistics(store)
            campaigns = read_campaign_statistics([each for each, _ in self._accounts.values()])
        except (RedisError, LimiterUnavailable):
            return [_redis_up(answers=False)]
        return [
            _redis_up(answers=True),
            *by_account(of_accounts),
            gauge_family("zettai_suppressed_numbers", "Numbers in the suppression list.", suppressed_numbers),
            *event_metrics(events),
            *webhook_metrics(webhooks),
            *campaign_metrics(campaigns),
        ]


def _redis_up(*, answers: bool) -> Metric:
    return gauge_family("zettai_redis_up", "Whether Redis answers the exporter.", answers)
