"""Whether the receiver of an endpoint works. While it is down, one event at a time is tried."""

from datetime import timedelta
from random import Random

from zettai_worker.webhooks.answers import Outcome
from zettai_worker.webhooks.retries import gap
from zettai_worker.webhooks.settings import WebhookSettings

PAUSE_AFTER = 5
"""After failures of so many different messages in a row the receiver counts as down. A single event that it cannot
handle does not pause the others.
"""

PROBE_CAP = timedelta(minutes=5)
"""The longest wait between two probes, so that delivery resumes soon after a long outage."""


class Receiver:
    """Counts failures in a row, and decides when a paused receiver is probed. Times are seconds on the clock of Redis.

    Attributes:
        paused_since: when it was paused; None while it works.
        next_probe: when to try it again while it is paused.
    """

    def __init__(self, settings: WebhookSettings, random: Random, paused_since: float | None = None) -> None:
        """Start with what the process before has recorded. A paused receiver is probed at once."""
        self.paused_since = paused_since
        self.next_probe = 0.0
        self._settings = settings
        self._random = random
        self._failed: set[str] = set()
        self._probes = 0

    def record(self, key: str, outcome: Outcome, now: float) -> bool:
        """Note the outcome of a request, and return whether the receiver was paused or resumed by it."""
        before = self.paused_since
        if outcome.delivered:
            self._failed.clear()
            self._probes = 0
            self.paused_since = None
            return before is not None
        self._failed.add(key)
        if before is not None or outcome.gone or outcome.retry_after or len(self._failed) >= PAUSE_AFTER:
            self._pause(outcome, now)
        return before is None and self.paused_since is not None

    def _pause(self, outcome: Outcome, now: float) -> None:
        self._failed.clear()  # so that a long outage does not fill the memory
        self._probes += 1
        if self.paused_since is None:
            self.paused_since = now
        settings = self._settings
        wait = gap(self._probes, settings.webhook_retry_after, min(PROBE_CAP, settings.webhook_retry_cap), self._random)
        if outcome.gone:
            wait = settings.webhook_retry_cap.total_seconds()
        if outcome.retry_after is not None:
            wait = max(wait, min(outcome.retry_after, settings.webhook_retry_cap).total_seconds())
        self.next_probe = max(self.next_probe, now + wait)
