"""What the gateway counts, by the conventions of Prometheus. No label ever holds a tag, a number or a text."""

from prometheus_client import Counter, Histogram

from zettai.core.delivery_reports import Outcome

REPORTS = Counter("zettai_reports_total", "Delivery reports, by result.", ["outcome"])

REPORT_ANSWERS = Histogram(
    "zettai_report_answer_seconds", "Duration of requests with delivery reports, by HTTP status.", ["status"]
)

REQUESTS = Histogram(
    "zettai_gateway_request_seconds",
    "Duration of requests to the gateway. The route fits the path, or is other; status 0 if the client disconnected.",
    ["route", "method", "status"],
)


def count_report(outcome: Outcome) -> None:
    """Count a delivery report."""
    REPORTS.labels(outcome=outcome).inc()
