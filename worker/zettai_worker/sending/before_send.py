"""Before-send hooks: they run just before the first byte of a request is written, and an error stops the request."""

from datetime import timedelta
from time import monotonic

from zettai.core.store import Claim
from zettai_worker.engine import Slots
from zettai_worker.sending.decisions import ClaimLost, MessageExpired


class WaitForSlotWhileClaimed:
    """A hook that waits for a slot, and stops the request if the message may not be sent any more.

    The slot's time decides, by the clock of Redis: a machine that was suspended meanwhile has no clock that tells.
    """

    def __init__(self, slots: Slots, claim: Claim, *, claimed_at: float, call_timeout: timedelta) -> None:
        """Make the hook.

        Args:
            slots: hand out the slot.
            claim: the message to send.
            claimed_at: the monotonic time before the claim. It only limits the wait for the slot.
            call_timeout: the longest time of the call, so that the claim lasts until its answer.
        """
        self._slots = slots
        self._lane = claim.message.lane
        self._usable_until = claim.claimed_until - call_timeout
        self._expires_at = claim.message.expires_at
        usable = self._usable_until - claim.message.since
        self._timeout = max(usable - timedelta(seconds=monotonic() - claimed_at), timedelta())

    def __call__(self) -> None:
        """Wait for a slot.

        Raises:
            MessageExpired: the message expires before the slot.
            ClaimLost: the time to send under this claim is over.
            LimiterError: there is no slot in time.
        """
        slot = self._slots.acquire(self._lane, timeout=self._timeout)
        if slot >= self._expires_at:
            raise MessageExpired
        if slot > self._usable_until:
            raise ClaimLost
