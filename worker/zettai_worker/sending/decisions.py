"""What to record after an attempt to send: pure functions without I/O. `sender.py` carries the decisions out.

Three questions decide: Did this attempt certainly not reach the provider? May an earlier attempt have reached it? What
did the provider answer?
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import Claim, ClaimKind
from zettai_worker.limiter import LimiterError, LimiterPaused
from zettai_worker.provider import Ambiguous, Misconfigured, NotSent, ProviderError, Refused, ResponseCode, Throttled
from zettai_worker.settings import RETRY_CAP_URGENT, WorkerSettings

Random = Callable[[], float]
"""Returns a number from [0, 1), as `random.random` does."""

MIN_WAIT_SHARE = 0.1
"""The share of a wait that jitter never removes, so that a retry never follows at once."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to record about a message.

    Attributes:
        to: its next state; None leaves the state unchanged.
        reason: recorded in the message's history.
        due_in: after which time a worker acts on the message again.
        not_attempted: the attempt does not count, because the provider was not called.
        suspends_account: every other message would fail in the same way, so all sending is suspended.
    """

    to: State | None
    reason: str
    due_in: timedelta | None = None
    not_attempted: bool = False
    suspends_account: bool = False


@dataclass(frozen=True, slots=True)
class NeedsLookup:
    """The answer alone decides nothing: look the tag up at the provider, then call `after_lookup`.

    Attributes:
        refusal: the provider's answer to the attempt.
    """

    refusal: Refused


class ClaimLost(Exception):  # noqa: N818 - reads as the fact that it states
    """The claim ended before the request was written, so the request must not be sent."""


class LookupResult(StrEnum):
    """What the provider has under a tag."""

    SENT = "sent"
    RESERVED = "reserved"
    OTHER_MESSAGE = "other_message"
    """A message with another phone number or text: the tag is not ours."""
    NOT_FOUND = "not_found"
    FAILED = "failed"
    """The look-up itself failed."""


def backoff(attempts: int, lane: Lane, settings: WorkerSettings, random: Random) -> timedelta:
    """Return the wait before the next attempt: it doubles each time, with jitter, up to the lane's maximum."""
    cap = min(settings.retry_cap, RETRY_CAP_URGENT) if lane is Lane.URGENT else settings.retry_cap
    doublings = min(max(attempts, 1) - 1, 30)
    longest = min(cap, settings.retry_after * (1 << doublings))
    return longest * (MIN_WAIT_SHARE + (1 - MIN_WAIT_SHARE) * random())


def after_success(claim: Claim, settings: WorkerSettings) -> Decision:
    """Decide after code 0."""
    if claim.kind is ClaimKind.RESERVE:
        return _reserved(claim, "code 0", settings)
    return Decision(State.ACCEPTED, "code 0", settings.status_check_after)


def after_error(
    claim: Claim, error: ProviderError | LimiterError | ClaimLost, settings: WorkerSettings, random: Random
) -> Decision | NeedsLookup:
    """Decide after an attempt that did not succeed."""
    wait = backoff(claim.message.attempts, claim.message.lane, settings, random)
    match error:
        case ClaimLost() | LimiterError():
            return _after_no_slot(claim, error, settings, wait)
        case Misconfigured():
            return _not_taken(claim, _suspend(_describe(error), settings))
        case Throttled():
            return _not_taken(claim, Decision(State.QUEUED, error.outcome, error.retry_after or wait))
        case NotSent():
            return _not_taken(claim, Decision(State.QUEUED, error.outcome, wait))
        case Refused():
            return _after_refusal(claim, error, settings)
        case Ambiguous() | ProviderError():
            return Decision(State.SUBMIT_UNKNOWN, _describe(error), wait)


def after_lookup(
    claim: Claim,
    result: LookupResult,
    settings: WorkerSettings,
    random: Random,
    *,
    now: datetime,
    refusal: Refused | None = None,
) -> Decision:
    """Decide after a look-up of the tag.

    Args:
        claim: of the attempt, or of the look-up alone.
        result: what the provider has under the tag.
        settings: for the waits.
        random: for their jitter.
        now: the time of Redis.
        refusal: the answer that led to the look-up, if one did.
    """
    match result:
        case LookupResult.SENT:
            return Decision(State.ACCEPTED, "found at the provider", settings.status_check_after)
        case LookupResult.RESERVED:
            return _reserved(claim, "found at the provider", settings)
        case LookupResult.OTHER_MESSAGE:
            return Decision(State.FAILED, "tag_conflict")
        case LookupResult.NOT_FOUND if refusal and (decision := _after_refused_and_not_found(claim, refusal, settings)):
            return decision
        case LookupResult.NOT_FOUND | LookupResult.FAILED:
            wait = backoff(claim.message.attempts, claim.message.lane, settings, random)
            return _still_unknown(claim, result, settings, wait, now)


def _reserved(claim: Claim, reason: str, settings: WorkerSettings) -> Decision:
    """The provider holds a reservation: check its status after its send time."""
    send_at, since = claim.message.send_at, claim.message.since
    until_send_time = max(send_at - since, timedelta()) if send_at else timedelta()
    return Decision(State.SCHEDULED, reason, until_send_time + settings.status_check_after)


def _suspend(reason: str, settings: WorkerSettings, *, not_attempted: bool = False) -> Decision:
    return Decision(State.HELD, reason, settings.hold_for, not_attempted=not_attempted, suspends_account=True)


def _after_no_slot(
    claim: Claim, error: LimiterError | ClaimLost, settings: WorkerSettings, wait: timedelta
) -> Decision:
    """The provider was not called, so the attempt does not count."""
    if isinstance(error, LimiterPaused):
        return _not_taken(claim, _suspend("paused", settings, not_attempted=True))
    return _not_taken(claim, Decision(State.QUEUED, "no slot", wait, not_attempted=True))


def _not_taken(claim: Claim, decision: Decision) -> Decision:
    """The provider did not take this attempt. If it may have taken an earlier one, the outcome stays unknown."""
    return replace(decision, to=State.SUBMIT_UNKNOWN) if claim.outcome_unknown else decision


def _after_refusal(claim: Claim, refusal: Refused, settings: WorkerSettings) -> Decision | NeedsLookup:
    if refusal.code == ResponseCode.QUOTA_USED_UP or refusal.concerns_account:
        return _not_taken(claim, _suspend(_describe(refusal), settings))
    if claim.outcome_unknown or refusal.code == ResponseCode.DUPLICATE_TAG:
        # Also without a recorded attempt: a Redis that lost its last second may have lost the record of one.
        return NeedsLookup(refusal)
    return Decision(State.REJECTED, _describe(refusal))


def _after_refused_and_not_found(claim: Claim, refusal: Refused, settings: WorkerSettings) -> Decision | None:
    """The provider refuses the message and does not show it; returns None if that proves nothing."""
    if refusal.code != ResponseCode.DUPLICATE_TAG:
        # An empty look-up alone proves nothing; together with a refusal of the content it does.
        return Decision(State.REJECTED, _describe(refusal))
    if not claim.outcome_unknown and claim.message.attempts <= 1:
        return Decision(State.FAILED, "tag_conflict")
    if claim.kind is ClaimKind.RESERVE:
        # The provider took our reservation and does not have it now, so it was canceled: by our cancel of its group
        # or in the provider's console. The requested cancel or the comparison of reservations will find that.
        return _reserved(claim, "taken by an earlier attempt", settings)
    return None


def _still_unknown(
    claim: Claim, result: LookupResult, settings: WorkerSettings, wait: timedelta, now: datetime
) -> Decision:
    reason = "not found at the provider" if result is LookupResult.NOT_FOUND else "look-up failed"
    if now >= claim.message.expires_at + settings.give_up_after:
        return Decision(State.DELIVERY_UNKNOWN, reason)
    is_unknown_already = claim.kind is ClaimKind.LOOK_UP
    return Decision(None if is_unknown_already else State.SUBMIT_UNKNOWN, reason, wait)


def _describe(error: ProviderError) -> str:
    return f"{error.code} {error.provider_message}" if isinstance(error, Refused) else error.reason
