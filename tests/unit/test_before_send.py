"""The hook before a send: the slot's time, by the clock of Redis, decides whether the message is still sent."""

from datetime import datetime, timedelta
from time import monotonic
from typing import cast

import pytest

from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store import Claim, ClaimKind
from zettai.core.times import now
from zettai_worker.limiter import Limiter
from zettai_worker.sending.before_send import WaitForSlotWhileClaimed
from zettai_worker.sending.decisions import ClaimLost, MessageExpired

CLAIMED = now()
CLAIM_TIMEOUT = timedelta(seconds=60)
CALL_TIMEOUT = timedelta(seconds=10)
HOUR = timedelta(hours=1)


class SlotAt:
    """A limiter with one slot."""

    timeout: timedelta

    def __init__(self, slot: datetime) -> None:
        self._slot = slot

    def acquire(self, _lane: Lane, *, timeout: timedelta) -> datetime:
        self.timeout = timeout
        return self._slot


def _wait(slot: datetime, *, expires_at: datetime, claimed_ago: float = 0.0) -> timedelta:
    """Wait for the slot, and return the longest wait that was allowed."""
    message = Message(
        client_tag="t",
        to="+819012345678",
        lane=Lane.NORMAL,
        state=State.SUBMITTING,
        since=CLAIMED,
        reason="attempt",
        created_at=CLAIMED,
        expires_at=expires_at,
    )
    claim = Claim(ClaimKind.SEND, message, "body", "claim", CLAIMED + CLAIM_TIMEOUT)
    limiter = SlotAt(slot)
    WaitForSlotWhileClaimed(
        cast("Limiter", limiter), claim, claimed_at=monotonic() - claimed_ago, call_timeout=CALL_TIMEOUT
    )()
    return limiter.timeout


@pytest.mark.parametrize("slot", [CLAIMED, CLAIMED + CLAIM_TIMEOUT - CALL_TIMEOUT])
def test_slot_within_the_claim_is_used(slot: datetime) -> None:
    _wait(slot, expires_at=CLAIMED + HOUR)


def test_slot_after_which_the_claim_is_too_short_for_a_call_is_not_used() -> None:
    """Also after a suspension of the machine, during which its monotonic clock stood still."""
    with pytest.raises(ClaimLost):
        _wait(CLAIMED + CLAIM_TIMEOUT - CALL_TIMEOUT + timedelta.resolution, expires_at=CLAIMED + HOUR)


@pytest.mark.parametrize("late", [timedelta(), timedelta(seconds=5), HOUR])
def test_slot_at_or_after_the_expiry_is_not_used(late: timedelta) -> None:
    expires_at = CLAIMED + timedelta(seconds=5)
    with pytest.raises(MessageExpired):
        _wait(expires_at + late, expires_at=expires_at)


def test_wait_is_limited_to_the_rest_of_the_claim() -> None:
    """The last message of a batch does not wait until its claim is over."""
    allowed = _wait(CLAIMED, expires_at=CLAIMED + HOUR, claimed_ago=45)
    assert timedelta() < allowed <= timedelta(seconds=5)

    assert _wait(CLAIMED, expires_at=CLAIMED + HOUR, claimed_ago=3600) == timedelta()
