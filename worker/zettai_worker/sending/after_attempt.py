"""What to record after an attempt to send: pure functions without I/O. `sender.py` carries the decisions out.

Only two things prove that the provider did not take an attempt: no byte of it was written, or the answer has one of
`REJECTING_CODES` and no earlier attempt has an unknown outcome. After anything else the outcome is unknown, and the
message is sent again with the same tag, or looked up.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import Claim, ClaimKind
from zettai.core.store.suspension import PAUSED
from zettai_worker.limiter import LimiterClosed, LimiterError, LimiterPaused, LimiterUnavailable
from zettai_worker.provider import Misconfigured, NotSent, ProviderError, Refused, ResponseCode, Throttled
from zettai_worker.sending.circuit_breaker import PROBE_AFTER
from zettai_worker.sending.decisions import (
    RESERVATION_REFUSED,
    ClaimLost,
    Decision,
    MessageExpired,
    NeedsLookup,
    Refusal,
    describe,
    reserved,
)
from zettai_worker.settings import RETRY_CAP_URGENT, WorkerSettings

Random = Callable[[], float]
"""Returns a number from [0, 1), as `random.random` does."""

REJECTING_CODES = frozenset({ResponseCode.REQUIRED, ResponseCode.INVALID, ResponseCode.TOO_LONG})
"""The codes that prove that the provider did not take the message. It refuses a field of it."""

MIN_WAIT_SHARE = 0.1
"""The share of a wait that jitter never removes, so that a retry never follows at once."""

NO_DOUBT = timedelta()

URGENT_TRIES = 60
"""About so many times an urgent message is sent again in each period that is as long as the doubt so far."""

NOT_ALLOWED = "not_allowed"
"""The reason of a message whose number is not one of `ZETTAI_ONLY_TO`."""

LONGEST_PARKED = 60
"""A parked message is tried again after `hold_for`, then after twice that, up to so many times that."""

AttemptError = ProviderError | LimiterError | ClaimLost | MessageExpired
"""Why an attempt did not succeed."""


def after_success(claim: Claim, settings: WorkerSettings) -> Decision:
    """Decide after code 0."""
    if claim.kind is ClaimKind.RESERVE:
        return reserved(claim.message, "code 0", settings, claim.message.since)
    return Decision(State.ACCEPTED, "code 0", settings.status_check_after)


def not_allowed(claim: Claim) -> Decision:
    """Decide about a message whose number is not one of `ZETTAI_ONLY_TO`, without a call.

    If the outcome of an earlier attempt is unknown, the message is only looked up from now on.
    """
    if claim.outcome_unknown:
        fields: dict[str, str | int] = {"refused": NOT_ALLOWED}
        return Decision(State.SUBMIT_UNKNOWN, NOT_ALLOWED, timedelta(), not_attempted=True, fields=fields)
    return Decision(State.REJECTED, NOT_ALLOWED, not_attempted=True)


def after_error(  # noqa: PLR0911 - one line for each kind of error
    claim: Claim, error: AttemptError, settings: WorkerSettings, random: Random
) -> Decision | NeedsLookup:
    """Decide after an attempt that did not succeed."""
    message = claim.message
    doubt = message.since - message.unknown_since if message.unknown_since else NO_DOUBT
    wait = backoff(message.attempts, message.lane, settings, random, doubt)
    match error:
        case LimiterPaused():
            held = Decision(State.HELD, PAUSED, settings.hold_for, not_attempted=True, suspends_account=True)
            return _not_taken(claim, held)
        case LimiterClosed():
            return _not_taken(claim, Decision(State.QUEUED, "worker stops", timedelta(), not_attempted=True))
        case ClaimLost() | LimiterError():
            return _not_taken(claim, Decision(State.QUEUED, _why_no_slot(error), wait, not_attempted=True))
        case MessageExpired():
            return _not_taken(claim, Decision(State.EXPIRED, "not sent in time", wait, not_attempted=True))
        case NotSent():
            return _not_taken(claim, Decision(State.QUEUED, error.reason, wait))
        case Misconfigured():
            parked = _parked(claim, error, settings, PROBE_AFTER)
            return parked if error.sent else _not_taken(claim, replace(parked, to=State.QUEUED))
        case Throttled():
            return Decision(State.SUBMIT_UNKNOWN, error.outcome, error.retry_after or wait)
        case Refused():
            return _after_refusal(claim, error, settings)
        case _:
            return Decision(State.SUBMIT_UNKNOWN, describe(error), wait)


def backoff(
    attempts: int, lane: Lane, settings: WorkerSettings, random: Random, doubt: timedelta = NO_DOUBT
) -> timedelta:
    """Return the wait before the next attempt: it doubles each time, with jitter, up to the lane's maximum.

    Args:
        attempts: so far.
        lane: of the message.
        settings: for the first and the longest wait.
        random: for the jitter.
        doubt: how long the outcome has been unknown. An urgent message that may still wait for hours tries more rarely.
    """
    longest_urgent = max(RETRY_CAP_URGENT, doubt / URGENT_TRIES)
    cap = min(settings.retry_cap, longest_urgent) if lane is Lane.URGENT else settings.retry_cap
    doublings = min(max(attempts, 1) - 1, 30)
    longest = min(cap, settings.retry_after * (1 << doublings))
    return longest * (MIN_WAIT_SHARE + (1 - MIN_WAIT_SHARE) * random())


def _not_taken(claim: Claim, decision: Decision) -> Decision:
    """The provider did not take this attempt. If it may have taken an earlier one, the outcome stays unknown."""
    return replace(decision, to=State.SUBMIT_UNKNOWN) if claim.outcome_unknown else decision


def _parked(claim: Claim, error: ProviderError, settings: WorkerSettings, retry_in: timedelta) -> Decision:
    """The refusal may concern this message only, or others: the message waits, and the others go on."""
    sender = claim.message.sms_code if isinstance(error, Refused) and error.concerns_sender else None
    gap = settings.hold_for * min(1 << min(max(claim.message.attempts, 1) - 1, 30), LONGEST_PARKED)
    return Decision(State.SUBMIT_UNKNOWN, describe(error), gap, refusal=Refusal(error.kind, retry_in, sender))


def _after_refusal(claim: Claim, refusal: Refused, settings: WorkerSettings) -> Decision | NeedsLookup:
    message, is_rejecting = claim.message, refusal.code in REJECTING_CODES
    if refusal.concerns_account or refusal.concerns_sender:
        parked = _parked(claim, refusal, settings, settings.hold_for)
        return _not_taken(claim, replace(parked, to=State.QUEUED)) if is_rejecting else parked
    if claim.kind is ClaimKind.RESERVE and message.send_at is not None and refusal.concerns_send_time:
        # It is too far ahead, or in the past by the provider's clock: it waits here and is sent at its time by ours.
        wait = max(message.send_at - message.since, timedelta())
        decision = Decision(State.QUEUED, describe(refusal), wait, fields={RESERVATION_REFUSED: 1})
        return _not_taken(claim, decision) if is_rejecting else replace(decision, to=State.SUBMIT_UNKNOWN)
    if refusal.code == ResponseCode.DUPLICATE_TAG or (is_rejecting and claim.outcome_unknown):
        # 400 also without a recorded attempt: a Redis that lost its last second may have lost the record of one.
        return NeedsLookup(refusal)
    if is_rejecting:
        return Decision(State.REJECTED, describe(refusal))
    retry_in = settings.hold_for if refusal.code == ResponseCode.QUOTA_USED_UP else PROBE_AFTER
    return _parked(claim, refusal, settings, retry_in)


def _why_no_slot(error: ClaimLost | LimiterError) -> str:
    match error:
        case ClaimLost():
            return "no slot before the claim ended"
        case LimiterUnavailable():
            return "no slot without Redis"
        case _:
            return "no slot"
