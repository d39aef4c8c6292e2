"""The metrics of one webhook process. `statistics.py` has those that all processes share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from prometheus_client import CollectorRegistry, Histogram


@dataclass(slots=True)
class Timer:
    """What happened to a request that is being timed."""

    outcome: str | None = None


class WebhookMetrics:
    """The metrics of one process."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Register the metrics.

        Args:
            registry: what the process serves to Prometheus. Without it the metrics are counted and not served.
        """
        self.webhook_requests = Histogram(
            "zettai_webhook_request_seconds",
            "Duration of requests to webhook endpoints, by their outcome: delivered, http_500 or the like, timeout, "
            "connection, tls, host_not_found or address_refused.",
            ["endpoint", "outcome"],
            registry=registry,
        )

    @contextmanager
    def request(self, endpoint: str) -> Iterator[Timer]:
        """Time a request. One without an outcome is not counted: it was not sent."""
        timer, began = Timer(), monotonic()
        yield timer
        if timer.outcome is not None:
            self.webhook_requests.labels(endpoint=endpoint, outcome=timer.outcome).observe(monotonic() - began)
