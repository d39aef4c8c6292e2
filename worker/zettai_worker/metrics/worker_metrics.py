"""The metrics that each worker process counts. No label holds a client tag, a phone number or a text.

The metrics that all processes share are in Redis, and `exporter.py` reads them.
"""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from zettai.core.lanes import Lane
from zettai_worker.engine import Engine
from zettai_worker.provider import ProviderError

WAIT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60)


class WorkerMetrics:
    """The metrics of one process. They are built once and passed to the services; importing a module registers none."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Register the metrics.

        Args:
            registry: what the process serves to Prometheus. Without it the metrics are counted and not served.
        """
        self.calls = Histogram(
            "zettai_provider_call_seconds",
            "Duration of calls to the provider, from the first byte of the request to the answer.",
            ["endpoint", "outcome"],
            registry=registry,
        )
        self.errors = Counter(
            "zettai_provider_errors_total",
            "Failed calls to the provider, by its code, http_429, http_5xx, other, or none without an answer.",
            ["endpoint", "code"],
            registry=registry,
        )
        self.slot_waits = Histogram(
            "zettai_limiter_wait_seconds",
            "How long calls waited for their slot, those that got none too.",
            ["lane"],
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self.missed_slots = Counter(
            "zettai_limiter_missed_slots_total",
            "Slots whose thread woke up too late to use them, and waited for another slot.",
            registry=registry,
        )
        self.attempts = Counter(
            "zettai_attempts_settled_total",
            "Attempts to send, by the state that was recorded after them; too_late if the claim was over.",
            ["lane", "state"],
            registry=registry,
        )
        self.duplicates = Counter(
            "zettai_duplicates_prevented_total",
            "Repeated sends that the provider refused because it had the message already.",
            registry=registry,
        )
        self.parked = Counter(
            "zettai_messages_parked_total",
            "Messages that wait alone, because the provider refused them in a way that may concern other messages.",
            registry=registry,
        )
        self.not_allowed = Counter(
            "zettai_not_allowed_total",
            "Messages that were not sent, because their number is not one of ZETTAI_ONLY_TO.",
            registry=registry,
        )
        self.refused_reservations = Counter(
            "zettai_reservations_refused_total",
            "Reservations that the provider refused because of their time. They wait here and are sent at their time.",
            registry=registry,
        )
        self.text_differences = Counter(
            "zettai_text_differences_total",
            "Messages that the provider shows with another text than ours. That proves nothing about them.",
            registry=registry,
        )
        self.suspensions = Counter(
            "zettai_holds_total",
            "Suspensions that this process began: provider_down, account (quota, settings), pause or sender.",
            ["reason"],
            registry=registry,
        )
        self.status_checks = Counter(
            "zettai_statuses_checked_total",
            "Status checks, by the state that was recorded after them.",
            ["state"],
            registry=registry,
        )
        self.overdue = Counter(
            "zettai_messages_overdue_total",
            "Messages whose final status is late. It may still come.",
            ["carrier"],
            registry=registry,
        )
        self.cancellations = Counter(
            "zettai_cancels_total", "Cancellations at the provider, by outcome.", ["outcome"], registry=registry
        )
        self.corrections = Counter(
            "zettai_reconciliation_corrections_total",
            "Records that reconciliation corrected, by what was wrong.",
            ["what"],
            registry=registry,
        )
        self.uncorrected = Counter(
            "zettai_reconciliation_differences_total",
            "Differences from the provider that cannot be corrected, each time that a comparison finds them.",
            ["what"],
            registry=registry,
        )
        self.calls_in_flight = Gauge(
            "zettai_calls_in_flight",
            "Calls that this process makes now, those that wait for a slot too.",
            registry=registry,
        )
        self.callers = Gauge(
            "zettai_callers", "Threads that this process has for calls. They follow the load.", registry=registry
        )
        self.waiting = Gauge(
            "zettai_messages_handed_over",
            "Messages that wait in this process. They are not claimed, and another worker gets them if it ends.",
            ["lane"],
            registry=registry,
        )
        self.taken = Gauge(
            "zettai_messages_taken",
            "Messages that this process has claimed and not sent yet.",
            ["lane"],
            registry=registry,
        )
        # Looked up once, because 600 calls a second use them.
        self._slot_waits = {lane: self.slot_waits.labels(lane=lane) for lane in Lane}

    def watch(self, engine: Engine) -> None:
        """Show what an engine does now."""
        self.calls_in_flight.set_function(lambda: engine.callers.busy)
        self.callers.set_function(lambda: engine.callers.count)
        for lane in Lane:
            self.waiting.labels(lane=lane).set_function(partial(engine.feed.waiting, lane))
            self.taken.labels(lane=lane).set_function(partial(engine.feed.taken, lane))

    def slot_waited(self, lane: Lane, seconds: float) -> None:
        """Count how long a call waited for its slot."""
        self._slot_waits[lane].observe(seconds)

    def slot_missed(self) -> None:
        """Count a slot that was not used."""
        self.missed_slots.inc()

    def call_ended(self, endpoint: str, outcome: str, seconds: float) -> None:
        """Count a call to the provider."""
        self.calls.labels(endpoint=endpoint, outcome=outcome).observe(seconds)

    def call_failed(self, error: ProviderError) -> None:
        """Count a failed call to the provider by its code."""
        self.errors.labels(endpoint=error.endpoint, code=error.counted_as).inc()
