"""The circuit breaker: when the provider is down, nobody asks it but one message in a while.

It is the hold of the account in the store, shared by all workers, with this process's count of failures in front. A
library's breaker would keep a second state in Redis beside that hold, and ask it before every call.
"""

from threading import Lock

import structlog

from zettai.core.store import WorkerStore
from zettai_worker.metrics import counters as metrics
from zettai_worker.provider import Ambiguous, NotSent
from zettai_worker.settings import WorkerSettings

logger = structlog.get_logger("zettai.breaker")

FAILURES = frozenset({NotSent.outcome, Ambiguous.outcome})
"""Outcomes of a provider that is not there. A refusal or a throttled call is an answer."""


class Breaker:
    """Counts failures in a row, whatever the call, and holds all sending when there are too many."""

    def __init__(self, store: WorkerStore, settings: WorkerSettings) -> None:
        self._store = store
        self._settings = settings
        self._lock = Lock()
        self._in_a_row = 0

    def observe(self, outcome: str) -> None:
        """Take note of how a call went."""
        with self._lock:
            self._in_a_row = self._in_a_row + 1 if outcome in FAILURES else 0
            is_down = self._in_a_row >= self._settings.breaker_after
        if is_down:
            self._hold()

    def _hold(self) -> None:
        """Hold everybody. Until a call succeeds, each further failure here does so again at once."""
        again_in = self._settings.probe_after
        if self._store.hold_account("provider down", again_in=again_in, outage=True):
            metrics.HOLDS.labels(reason="provider_down").inc()
            logger.error(
                "provider_down", in_a_row=self._in_a_row, action="see docs/operations.md, 'The account is held'"
            )
