"""What the gateway counts, by the conventions of Prometheus. No label ever holds a tag, a number or a text."""

from prometheus_client import Counter, Histogram

from zettai.core.delivery_reports import Outcome

REPORTS = Counter("zettai_reports_total", "Delivery reports, by what became of them.", ["outcome"])

REPORT_ANSWERS = Histogram(
    "zettai_report_answer_seconds", "Our answers to those who bring delivery reports, by HTTP status.", ["status"]
)

REQUESTS = Histogram(
    "zettai_gateway_request_seconds",
    "Requests to the gateway, by the route that their path fits.",
    ["route", "method", "status"],
)


def count_report(outcome: Outcome) -> None:
    """Count a delivery report."""
    REPORTS.labels(outcome=outcome).inc()
