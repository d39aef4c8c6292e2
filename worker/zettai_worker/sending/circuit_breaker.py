"""The circuit breaker: while the provider is down, only one message from time to time calls it.

The state of the circuit is in the store, shared by all workers: it is the suspension of the account. This module only
counts the failures of one process. A library's breaker would keep a second state in Redis and read it before each
call.
"""

from datetime import timedelta
from threading import Lock

import structlog

from zettai.core.store import WorkerStore
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.provider import Ambiguous, NotSent

logger = structlog.get_logger("zettai.breaker")

FAILURES = frozenset({NotSent.outcome, Ambiguous.outcome})
"""Outcomes of calls to a provider that is down. After a refusal or a throttled call the provider is up."""

BREAKER_AFTER = 20
"""After how many failed calls in a row a worker process opens the circuit. A provider that works does not fail that
often in a row, and one that is down does so after the first calls of the process's threads.
"""

PROBE_AFTER = timedelta(seconds=5)
"""While the circuit is open, how long until one message tries again. No other value is useful: one call in 5 seconds is
no load for the provider, and sending resumes within seconds after the outage.
"""


class CircuitBreaker:
    """Counts failed calls in a row, and opens the circuit at `BREAKER_AFTER` failures."""

    def __init__(self, store: WorkerStore, metrics: WorkerMetrics) -> None:
        self._store = store
        self._metrics = metrics
        self._lock = Lock()
        self._failures = 0

    def record(self, outcome: str) -> None:
        """Count a call's outcome."""
        with self._lock:
            self._failures = self._failures + 1 if outcome in FAILURES else 0
            is_down = self._failures >= BREAKER_AFTER
        if is_down:
            self._open()

    def _open(self) -> None:
        """Open the circuit for all workers. Until a call succeeds, each further failure here opens it again."""
        if self._store.suspend("provider down", retry_in=PROBE_AFTER, circuit_open=True):
            self._metrics.suspensions.labels(reason="provider_down").inc()
            logger.error(
                "provider_down", failures=self._failures, action="see docs/operations.md, 'The account is suspended'"
            )
