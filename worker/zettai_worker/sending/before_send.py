"""The way to the provider for one call: a slot of the rate limit, and a lease that still stands."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from zettai.core.lanes import Lane
from zettai_worker.limiter import Limiter
from zettai_worker.sending.decisions import LeaseLost


def gate(limiter: Limiter, lane: Lane, slot_wait: timedelta) -> Callable[[], None]:
    """A gate that opens when a slot falls due. It may raise a `LimiterError`, and nothing goes out then."""
    return lambda: limiter.acquire(lane, timeout=slot_wait)


class LeasedGate:
    """A gate for a message under a lease: once that has run out, another worker may act, so it stays shut.

    The time is this process's monotonic clock, which a stopped process or a changed wall clock does not fool.
    """

    def __init__(self, limiter: Limiter, lane: Lane, *, claimed_at: float, usable: timedelta) -> None:
        """Make the gate.

        Args:
            limiter: where the slot comes from.
            lane: how urgent the call is.
            claimed_at: `time.monotonic()` before the claim was made.
            usable: how long after it a request may still go out, so that its answer comes under the lease.
        """
        self._limiter = limiter
        self._lane = lane
        self._shuts_at = claimed_at + usable.total_seconds()

    def __call__(self) -> None:
        """Wait for a slot.

        Raises:
            LeaseLost: the time to send under this lease is over.
            LimiterError: no slot was to be had.
        """
        remaining = self._shuts_at - monotonic()
        if remaining <= 0:
            raise LeaseLost
        self._limiter.acquire(self._lane, timeout=timedelta(seconds=remaining))
        if monotonic() > self._shuts_at:
            raise LeaseLost
