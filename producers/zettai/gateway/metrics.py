"""The Prometheus metrics of a gateway process. No label has a client tag, a phone number or a message text."""

from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
)

from zettai.core.delivery_reports import Outcome
from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import FIELDS_IN_JAPANESE

INVALID_VALUES = Counter(
    "zettai_gateway_invalid_values",
    "Invalid values in requests to the gateway, by field and reason, such as to and not_a_mobile_number. A field that "
    "`send` does not have is other.",
    ["field", "code"],
    registry=None,
)
"""Of the process: the problems that count have no gateway at hand."""


def count_invalid_value(error: InvalidMessage) -> None:
    """Count an invalid value. Requests may have fields of any name, so only known ones are named."""
    field = error.field if error.field in FIELDS_IN_JAPANESE else "other"
    INVALID_VALUES.labels(field=field, code=error.code).inc()


def process_registry() -> CollectorRegistry:
    """Return a new registry with the metrics of Python and of the process."""
    registry = CollectorRegistry()
    for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
        registry.register(collector)
    return registry


class GatewayMetrics:
    """The metrics of a gateway. Create one for each registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Create the metrics and register them."""
        self.registry = registry
        self.invalid_values = INVALID_VALUES
        registry.register(self.invalid_values)
        self.reports = Counter("zettai_reports_total", "Delivery reports, by result.", ["outcome"], registry=registry)
        for outcome in Outcome:
            # Prometheus does not see the first increase of a series that did not exist before.
            self.reports.labels(outcome=outcome)
        self.report_answers = Histogram(
            "zettai_report_answer_seconds",
            "Duration of requests with delivery reports, by HTTP status.",
            ["status"],
            registry=registry,
        )
        self.keys_outdated = Gauge(
            "zettai_gateway_api_keys_outdated",
            "1 while the changed file of API keys is wrong or cannot be read, so that the previous keys stay valid.",
            registry=registry,
        )
        self.requests = Histogram(
            "zettai_gateway_request_seconds",
            "Duration of requests to the gateway. The route fits the path, or is other; status 0 if the client "
            "disconnected.",
            ["route", "method", "status"],
            registry=registry,
        )

    def count_report(self, outcome: Outcome) -> None:
        """Count a delivery report."""
        self.reports.labels(outcome=outcome).inc()
