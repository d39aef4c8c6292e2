"""The metrics that each worker process counts. No label holds a client tag, a phone number or a text.

The metrics that all processes share are in Redis, and `exporter.py` reads them.
"""

from functools import cache, partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from zettai.core.carriers import UNKNOWN_CARRIER, Carrier
from zettai.core.lanes import Lane
from zettai.core.states import State
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
        counter = partial(Counter, registry=registry)
        gauge = partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self.calls = histogram(
            "zettai_provider_call_seconds",
            "Duration of calls to the provider, from the first byte of the request to the answer.",
            ["endpoint", "outcome"],
        )
        self.errors = counter(
            "zettai_provider_errors_total",
            "Failed calls to the provider, by its code, http_429, http_5xx, other, or none without an answer.",
            ["endpoint", "code"],
        )
        self.slot_waits = histogram(
            "zettai_limiter_wait_seconds",
            "How long calls waited for their slot, those that got none too.",
            ["lane"],
            buckets=WAIT_BUCKETS,
        )
        self.missed_slots = counter(
            "zettai_limiter_missed_slots_total",
            "Slots whose thread woke up too late to use them, and waited for another slot.",
        )
        self.attempts = counter(
            "zettai_attempts_settled_total",
            "Attempts to send, by the state that was recorded after them; too_late if the claim was over.",
            ["lane", "state"],
        )
        self.duplicates = counter(
            "zettai_duplicates_prevented_total",
            "Repeated sends that the provider refused because it had the message already.",
        )
        self.parked = counter(
            "zettai_messages_parked_total",
            "Messages that wait alone, because the provider refused them in a way that may concern other messages.",
        )
        self.not_allowed = counter(
            "zettai_not_allowed_total",
            "Messages that were not sent, because their number is not one of ZETTAI_ONLY_TO.",
        )
        self.refused_reservations = counter(
            "zettai_reservations_refused_total",
            "Reservations that the provider refused because of their time. They wait here and are sent at their time.",
        )
        self.text_differences = counter(
            "zettai_text_differences_total",
            "Messages that the provider shows with another text than ours. That proves nothing about them.",
        )
        self.suspensions = counter(
            "zettai_holds_total",
            "Suspensions that this process began: provider_down, account (quota, settings), pause or sender.",
            ["reason"],
        )
        self.status_checks = counter(
            "zettai_statuses_checked_total",
            "Status checks, by the state that was recorded after them.",
            ["state"],
        )
        self.overdue = counter(
            "zettai_messages_overdue_total",
            "Messages whose final status is late. It may still come.",
            ["carrier"],
        )
        for carrier in (*Carrier, UNKNOWN_CARRIER):
            self.overdue.labels(carrier=carrier)  # Prometheus does not see the first increase of a new series
        self.cancellations = counter("zettai_cancels_total", "Cancellations at the provider, by outcome.", ["outcome"])
        self.corrections = counter(
            "zettai_reconciliation_corrections_total",
            "Records that reconciliation corrected, by what was wrong.",
            ["what"],
        )
        self.uncorrected = counter(
            "zettai_reconciliation_differences_total",
            "Differences from the provider that cannot be corrected, each time that a comparison finds them.",
            ["what"],
        )
        self.calls_in_flight = gauge(
            "zettai_calls_in_flight",
            "Calls that this process makes now, those that wait for a slot too.",
        )
        self.callers = gauge("zettai_callers", "Threads that this process has for calls. They follow the load.")
        self.waiting = gauge(
            "zettai_messages_handed_over",
            "Messages that wait in this process. They are not claimed, and another worker gets them if it ends.",
            ["lane"],
        )
        self.taken = gauge(
            "zettai_messages_taken",
            "Messages that this process has claimed and not sent yet.",
            ["lane"],
        )
        # Looked up once, because 600 calls a second use them.
        self._slot_waits = {lane: self.slot_waits.labels(lane=lane) for lane in Lane}
        self._calls = cache(self.calls.labels)
        self._attempts = cache(self.attempts.labels)

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

    def attempt_recorded(self, lane: Lane, state: State | None) -> None:
        """Count an attempt to send by the state after it; None if it was too late to record it."""
        self._attempts(lane, state or "too_late").inc()

    def call_ended(self, endpoint: str, outcome: str, seconds: float) -> None:
        """Count a call to the provider."""
        self._calls(endpoint, outcome).observe(seconds)

    def call_failed(self, error: ProviderError) -> None:
        """Count a failed call to the provider by its code."""
        self.errors.labels(endpoint=error.endpoint, code=error.counted_as).inc()
