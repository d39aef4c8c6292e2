"""What follows an attempt to send: pure decisions, without I/O. `sending.py` carries them out.

Three questions decide: was this attempt surely not taken? may an earlier one have been? what did the provider say?
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import Claim, ClaimKind
from zettai_worker.limiter import LimiterError, LimiterPaused
from zettai_worker.provider import Ambiguous, Misconfigured, NotSent, ProviderError, Refused, ResponseCode, Throttled
from zettai_worker.settings import WorkerSettings

Roll = Callable[[], float]
"""Draws from [0, 1), as `random.random` does."""

FLOOR = 0.1
"""The part of a wait that jitter never takes away, so that a retry is never at once."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to record about a message.

    Attributes:
        to: its next state; None leaves it where it is.
        due_in: when it is looked at next.
        unspent: the provider was not asked, so the attempt does not count.
        holds_account: no other message would fare better, so all wait.
    """

    to: State | None
    reason: str
    due_in: timedelta | None = None
    unspent: bool = False
    holds_account: bool = False


class LeaseLost(Exception):  # noqa: N818 - reads as the fact that it states
    """The lease ran out before the request went out, so it must not go out any more."""


class Trace(StrEnum):
    """What a look-up of a tag found at the provider."""

    SENT = "sent"
    RESERVED = "reserved"
    FOREIGN = "foreign"
    """The tag stands for another number or body: somebody else's message."""
    NOTHING = "nothing"
    UNKNOWN = "unknown"
    """It could not be found out."""


LookUp = "look_up"
"""In place of a decision: ask the provider about the tag first."""


def wait(attempts: int, lane: Lane, settings: WorkerSettings, roll: Roll) -> timedelta:
    """Exponential back-off with full jitter over its floor, capped by the lane."""
    cap = settings.retry_cap_urgent if lane is Lane.URGENT else settings.retry_cap
    doublings = min(max(attempts, 1) - 1, 30)
    longest = min(cap, settings.retry_after * (1 << doublings))
    return longest * (FLOOR + (1 - FLOOR) * roll())


def after_success(claim: Claim, settings: WorkerSettings) -> Decision:
    """Code 0: the provider has it."""
    if claim.kind is ClaimKind.RESERVE:
        return reserved(claim, "code 0", settings)
    return Decision(State.ACCEPTED, "code 0", settings.status_check_after)


def reserved(claim: Claim, reason: str, settings: WorkerSettings) -> Decision:
    """The provider holds a reservation: look again when its time has come."""
    send_at, since = claim.message.send_at, claim.message.since
    until_then = max(send_at - since, timedelta()) if send_at else timedelta()
    return Decision(State.SCHEDULED, reason, until_then + settings.status_check_after)


def after_error(
    claim: Claim, error: ProviderError | LimiterError | LeaseLost, settings: WorkerSettings, roll: Roll
) -> Decision | str:
    """The attempt did not end in success.

    Returns:
        A decision, or `LookUp` where only the provider can tell what an earlier attempt came to.
    """
    pause = wait(claim.message.attempts, claim.message.lane, settings, roll)
    match error:
        case LeaseLost() | LimiterError():
            decision = _not_asked(claim, error, settings, pause)
        case Misconfigured():
            decision = _unsent(claim, Decision(State.HELD, _words(error), settings.hold_for, holds_account=True))
        case Throttled():
            decision = _unsent(claim, Decision(State.QUEUED, error.outcome, error.retry_after or pause))
        case NotSent():
            decision = _unsent(claim, Decision(State.QUEUED, error.outcome, pause))
        case Refused():
            return _refused(claim, error, settings)
        case Ambiguous() | ProviderError():
            decision = Decision(State.SUBMIT_UNKNOWN, _words(error), pause)
    return decision


def after_look_up(
    claim: Claim,
    trace: Trace,
    settings: WorkerSettings,
    roll: Roll,
    *,
    now: datetime,
    refusal: Refused | None = None,
) -> Decision:
    """The provider was asked about the tag.

    Args:
        claim: under which the attempt was made, or the look-up alone.
        trace: what was found.
        settings: for the waits.
        roll: for their jitter.
        now: the time of Redis.
        refusal: the answer that led to the look-up, if one did.
    """
    pause = wait(claim.message.attempts, claim.message.lane, settings, roll)
    match trace:
        case Trace.SENT:
            return Decision(State.ACCEPTED, "found at the provider", settings.status_check_after)
        case Trace.RESERVED:
            return reserved(claim, "found at the provider", settings)
        case Trace.FOREIGN:
            return Decision(State.FAILED, "tag_conflict")
        case Trace.NOTHING if refusal is not None and (decision := _without_trace(claim, refusal, settings)):
            return decision
        case Trace.NOTHING | Trace.UNKNOWN:
            return _asked_in_vain(claim, trace, settings, pause, now)


def _without_trace(claim: Claim, refusal: Refused, settings: WorkerSettings) -> Decision | None:
    """The provider refuses the message and shows no trace of it; None where that proves nothing."""
    if refusal.code != ResponseCode.DUPLICATE_TAG:
        # No trace alone proves nothing; that the provider refuses the content as well does.
        return Decision(State.REJECTED, _words(refusal))
    if not claim.unsure and claim.message.attempts <= 1:
        return Decision(State.FAILED, "tag_conflict")
    if claim.kind is ClaimKind.RESERVE:
        # It took our reservation and has it no more, so somebody has cancelled it: our own call for its group, or its
        # console. The cancel that we wish, or the comparison of reservations, finds that out.
        return reserved(claim, "taken before", settings)
    return None


def _not_asked(claim: Claim, error: LimiterError | LeaseLost, settings: WorkerSettings, pause: timedelta) -> Decision:
    """No byte went out, and the wait for a slot costs no attempt."""
    if isinstance(error, LimiterPaused):
        return _unsent(claim, Decision(State.HELD, "paused", settings.hold_for, unspent=True, holds_account=True))
    return _unsent(claim, Decision(State.QUEUED, "no slot", pause, unspent=True))


def _unsent(claim: Claim, decision: Decision) -> Decision:
    """This attempt was surely not taken; after one that may have been, that alone proves nothing."""
    if not claim.unsure:
        return decision
    return Decision(
        State.SUBMIT_UNKNOWN,
        decision.reason,
        decision.due_in,
        unspent=decision.unspent,
        holds_account=decision.holds_account,
    )


def _refused(claim: Claim, error: Refused, settings: WorkerSettings) -> Decision | str:
    if error.code == ResponseCode.QUOTA_USED_UP or error.concerns_account:
        return _unsent(claim, Decision(State.HELD, _words(error), settings.hold_for, holds_account=True))
    if claim.unsure or error.code == ResponseCode.DUPLICATE_TAG:
        # Even without an attempt that we know of: a Redis that lost its last second may have forgotten one.
        return LookUp
    return Decision(State.REJECTED, _words(error))


def _asked_in_vain(claim: Claim, trace: Trace, settings: WorkerSettings, pause: timedelta, now: datetime) -> Decision:
    reason = "no trace at the provider" if trace is Trace.NOTHING else "could not be looked up"
    if now >= claim.message.expires_at + settings.give_up_after:
        return Decision(State.DELIVERY_UNKNOWN, reason)
    stays = claim.kind is ClaimKind.LOOK_UP
    return Decision(None if stays else State.SUBMIT_UNKNOWN, reason, pause)


def _words(error: ProviderError) -> str:
    return f"{error.code} {error.words}" if isinstance(error, Refused) else error.reason
