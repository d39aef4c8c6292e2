"""What our processes really tell Prometheus, by name and labels."""

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
from zettai_worker.metrics.exporter import Exporter
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.reconciliation.reconciler import PUBLISH_DUE
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings


@dataclass(frozen=True, slots=True)
class Family:
    """A metric as Prometheus finds it."""

    name: str
    kind: str
    labels: frozenset[str]

    @property
    def series(self) -> frozenset[str]:
        """The names under which it is asked for: a histogram has three."""
        endings = ("_bucket", "_count", "_sum") if self.kind == "histogram" else ("",)
        return frozenset(self.name + ending for ending in endings)


def delivered(redis_url: str) -> WorkerStore:
    """The store of a Redis in which a message was delivered, and a job of beat's has run."""
    store = WorkerStore(Redis.from_url(redis_url, decode_responses=True), Keys("zettai"))
    tag = accepted(store, carrier=Carrier.DOCOMO)
    update_one(store, tag, State.DELIVERED, expected_states=frozenset({State.ACCEPTED}), claim_id=None)
    store.record_run(PUBLISH_DUE)
    return store


def exporter_of(store: WorkerStore, redis_url: str) -> Exporter:
    """An exporter of this Redis."""
    return Exporter(store, build_limiter(LimiterSettings.load(redis_url=redis_url)))


def families(redis_url: str) -> list[Family]:
    """Each metric of ours: first those of a process, then those that the exporter reads."""
    return [*of_a_process(redis_url), *of_the_exporter(redis_url)]


def of_a_process(_redis_url: str) -> Iterator[Family]:
    """What a process counts by itself."""
    for metric in (vars(WorkerMetrics()) | vars(GatewayMetrics(CollectorRegistry()))).values():
        if isinstance(metric, MetricWrapperBase) and not metric._labelvalues:
            for described in metric.describe():
                yield _family(described.name, described.type, metric._labelnames)


def of_the_exporter(redis_url: str) -> Iterator[Family]:
    """What all share, read from Redis."""
    for told in exporter_of(delivered(redis_url), redis_url).collect():
        yield _family(told.name, told.type, told._labelnames)  # type: ignore[attr-defined]


def _family(name: str, kind: str, labels: tuple[str, ...]) -> Family:
    return Family(name + ("_total" if kind == "counter" else ""), kind, frozenset(labels))
