"""The metrics that the processes export, with their names and labels."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from redis import Redis
from tests.support.store_helpers import accepted, update_one

from zettai.core.carriers import Carrier
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys
from zettai.gateway.metrics import GatewayMetrics
from zettai_worker.limiter import Limiter
from zettai_worker.metrics.account_metrics import read_account_metrics
from zettai_worker.metrics.exporter import Exporter
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.reconciliation.reconciler import PUBLISH_DUE
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings
from zettai_worker.webhooks.metrics import WebhookMetrics


@dataclass(frozen=True, slots=True)
class Family:
    """A metric as Prometheus reads it."""

    name: str
    kind: str
    labels: frozenset[str]

    @property
    def series(self) -> frozenset[str]:
        """Return its names in queries: a histogram has three."""
        endings = ("_bucket", "_count", "_sum") if self.kind == "histogram" else ("",)
        return frozenset(self.name + ending for ending in endings)


def store_with_delivery(redis_url: str) -> WorkerStore:
    """Return a store in which a message was store_with_delivery and a job of beat has run."""
    store = WorkerStore(Redis.from_url(redis_url, decode_responses=True), Keys("zettai"))
    tag = accepted(store, carrier=Carrier.DOCOMO)
    update_one(store, tag, State.DELIVERED, expected_states=frozenset({State.ACCEPTED}), claim_id=None)
    store.record_run(PUBLISH_DUE)
    return store


def exporter_of(store: WorkerStore, redis_url: str) -> Exporter:
    """Return an exporter for this Redis."""
    return Exporter({"default": (store, _limiter(redis_url))})


def families(redis_url: str) -> list[Family]:
    """Return each metric: first those of a process, then those of the exporter."""
    return [*process_metrics(redis_url), *exporter_metrics(redis_url)]


def process_metrics(_redis_url: str) -> Iterator[Family]:
    """Yield the metrics that each process counts."""
    for metrics in (WorkerMetrics(), GatewayMetrics(CollectorRegistry()), WebhookMetrics()):
        more = ("account",) if isinstance(metrics, WorkerMetrics) else ()
        for metric in vars(metrics).values():
            if isinstance(metric, MetricWrapperBase) and not metric._labelvalues:
                for described in metric.describe():
                    yield _family(described.name, described.type, (*metric._labelnames, *more))


def exporter_metrics(redis_url: str) -> Iterator[Family]:
    """Yield the metrics that the exporter reads from Redis."""
    store = store_with_delivery(redis_url)
    of_accounts = {metric.name for metric in read_account_metrics(store, _limiter(redis_url))}
    for metric in exporter_of(store, redis_url).collect():
        more = ("account",) if metric.name in of_accounts else ()
        yield _family(metric.name, metric.type, (*metric._labelnames, *more))  # type: ignore[attr-defined]


def _limiter(redis_url: str) -> Limiter:
    return build_limiter(LimiterSettings.load(redis_url=redis_url))


def _family(name: str, kind: str, labels: tuple[str, ...]) -> Family:
    return Family(name + ("_total" if kind == "counter" else ""), kind, frozenset(labels))
