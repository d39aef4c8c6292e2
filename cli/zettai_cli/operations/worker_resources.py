"""What the commands that call the provider share with a worker: store, provider and rate limit."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from zettai_cli.shared.store import open_store
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.resources import Resources
from zettai_worker.runtime import build_limiter, build_provider
from zettai_worker.settings import WorkerSettings


@contextmanager
def open_resources(settings: WorkerSettings) -> Iterator[Resources]:
    """Open the resources of a worker for the account of the settings, and close them at the end."""
    with (
        open_store(settings) as store,
        closing(build_limiter(settings)) as limiter,
        closing(build_provider(settings, limiter)) as provider,
    ):
        yield Resources(store, provider, limiter, settings, WorkerMetrics())
