"""What is counted, by the conventions of Prometheus. No label ever holds a tag, a number or a text."""

from prometheus_client import Counter, Gauge, Histogram

CALLS = Histogram(
    "zettai_provider_call_seconds",
    "Calls to the provider, from the first byte to the answer.",
    ["endpoint", "outcome"],
)

SETTLED = Counter("zettai_attempts_settled_total", "Attempts to send, by what became of them.", ["lane", "state"])

CHECKED = Counter("zettai_statuses_checked_total", "Status checks, by the state that they led to.", ["state"])

OVERDUE = Counter("zettai_messages_overdue_total", "Messages whose end is late; it may still come.", ["carrier"])

CANCELS = Counter("zettai_cancels_total", "Cancels at the provider, by outcome.", ["outcome"])

CORRECTED = Counter(
    "zettai_reconciliation_corrections_total", "What the sweeps put right, by what was wrong.", ["what"]
)

REPORTED = Counter(
    "zettai_reconciliation_differences_total",
    "Differences from the provider that the comparison cannot put right, each time that it meets them.",
    ["what"],
)

COMPARED = Gauge(
    "zettai_reconciliation_last_run_timestamp_seconds",
    "When a comparison with the provider last came to its end in this process.",
    ["job"],
)


def observe_call(endpoint: str, outcome: str, seconds: float) -> None:
    """Count a call to the provider."""
    CALLS.labels(endpoint=endpoint, outcome=outcome).observe(seconds)
