"""Before-send hooks: they run just before the first byte of a request is written, and an error stops the request."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from zettai.core.lanes import Lane
from zettai_worker.limiter import Limiter
from zettai_worker.sending.decisions import ClaimLost


def wait_for_slot(limiter: Limiter, lane: Lane, timeout: timedelta) -> Callable[[], None]:
    """Return a hook that waits for a slot of the rate limit. The hook raises `LimiterError` if it gets none."""

    def before_send() -> None:
        limiter.acquire(lane, timeout=timeout)

    return before_send


class WaitForSlotWhileClaimed:
    """A hook that waits for a slot, and raises an error once the claim is too old to send under it.

    It measures the claim's age with this process's monotonic clock, which a change of the wall clock does not affect.
    """

    def __init__(self, limiter: Limiter, lane: Lane, *, claimed_at: float, usable: timedelta) -> None:
        """Make the hook.

        Args:
            limiter: hands out the slot.
            lane: the lane of the call.
            claimed_at: `time.monotonic()` before the claim was made.
            usable: how long after that a request may be sent, so that the claim lasts until its answer.
        """
        self._limiter = limiter
        self._lane = lane
        self._deadline = claimed_at + usable.total_seconds()

    def __call__(self) -> None:
        """Wait for a slot.

        Raises:
            ClaimLost: the time to send under this claim is over.
            LimiterError: there is no slot within that time.
        """
        remaining = self._deadline - monotonic()
        if remaining <= 0:
            raise ClaimLost
        self._limiter.acquire(self._lane, timeout=timedelta(seconds=remaining))
        if monotonic() > self._deadline:
            raise ClaimLost
