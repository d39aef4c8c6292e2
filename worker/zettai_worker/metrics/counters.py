"""What a process counts, by the conventions of Prometheus. No label ever holds a tag, a number or a text.

What all processes share stands in Redis, and is told by `exporter.py`.
"""

from prometheus_client import Counter, Histogram

from zettai.core.lanes import Lane
from zettai_worker.provider import ProviderError

CALLS = Histogram(
    "zettai_provider_call_seconds",
    "Calls to the provider, from the first byte to the answer.",
    ["endpoint", "outcome"],
)

ERRORS = Counter(
    "zettai_provider_errors_total", "Calls to the provider that did not succeed, by code.", ["endpoint", "code"]
)

WAIT = Histogram(
    "zettai_limiter_wait_seconds",
    "How long calls waited for their slot, those in vain too.",
    ["lane"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60),
)

WAITS = {lane: WAIT.labels(lane=lane) for lane in Lane}
"""Looked up once: the limiter's callers pass here 600 times a second."""

MISSED_SLOTS = Counter(
    "zettai_limiter_missed_slots_total", "Slots whose thread came too late to use them, and waited for another."
)

SETTLED = Counter("zettai_attempts_settled_total", "Attempts to send, by what became of them.", ["lane", "state"])

DUPLICATES = Counter(
    "zettai_duplicates_prevented_total", "Repeated sends that the provider refused, since it had our message already."
)

HOLDS = Counter("zettai_holds_total", "Holds of all sending that this process began.", ["reason"])

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


def observe_call(endpoint: str, outcome: str, seconds: float) -> None:
    """Count a call to the provider."""
    CALLS.labels(endpoint=endpoint, outcome=outcome).observe(seconds)


def observe_error(error: ProviderError) -> None:
    """Count what went wrong with one."""
    ERRORS.labels(endpoint=error.endpoint, code=error.counted_as).inc()
