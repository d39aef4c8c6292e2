"""What to record after an attempt to send: pure functions without I/O. `sender.py` carries the decisions out.

Only two things prove that the provider did not take an attempt: no byte of it was written, or the answer has one of
`REJECTING_CODES` and no earlier attempt has an unknown outcome. After anything else the outcome is unknown, and the
message is sent again with the same tag, or looked up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store import Claim, ClaimKind, StateUpdate
from zettai.core.store.suspension import PAUSED
from zettai_worker.following.schedule import next_question
from zettai_worker.limiter import LimiterClosed, LimiterError, LimiterPaused, LimiterUnavailable
from zettai_worker.provider import Misconfigured, NotSent, ProviderError, Refused, ResponseCode, Throttled
from zettai_worker.sending.circuit_breaker import PROBE_AFTER
from zettai_worker.sending.lookup import LookupResult
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

RESERVATION_REFUSED = "reservation_refused"
"""The field of the record of a message that the provider did not reserve because of its time."""

NOT_ALLOWED = "not_allowed"
"""The reason of a message whose number is not one of `ZETTAI_ONLY_TO`."""

LONGEST_PARKED = 60
"""A parked message is tried again after `hold_for`, then after twice that, up to so many times that."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that may concern other messages. A second, different message that meets it suspends them.

    Attributes:
        kind: the same text for the same kind of refusal.
        retry_in: while sending is suspended, the time until one message tries again.
        sender: the sender code that was refused; None if the refusal may concern all messages.
    """

    kind: str
    retry_in: timedelta
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to record about a message.

    Attributes:
        to: its next state; None leaves the state unchanged.
        reason: recorded in the message's history.
        due_in: after which time a worker acts on the message again.
        not_attempted: the attempt does not count, because the provider was not called.
        suspends_account: an operator has paused all calls.
        refusal: why the message is parked.
        fields: to set in the record.
        found: what a look-up has shown; None without one, or if it failed.
        calls: how many calls the look-up has cost.
    """

    to: State | None
    reason: str
    due_in: timedelta | None = None
    not_attempted: bool = False
    suspends_account: bool = False
    refusal: Refusal | None = None
    fields: Mapping[str, str | int] = field(default_factory=dict)
    found: bool | None = None
    calls: int = 0

    def to_update(self, client_tag: str, expected_state: State, claim_id: str | None = None) -> StateUpdate:
        """Return the update that records it, if the message is still in the expected state."""
        return StateUpdate(
            client_tag=client_tag,
            expected_states=frozenset({expected_state}),
            claim_id=claim_id,
            to=self.to,
            reason=self.reason,
            due_in=self.due_in,
            not_attempted=self.not_attempted,
            fields=self.fields,
            found=self.found,
            calls=self.calls,
        )


@dataclass(frozen=True, slots=True)
class NeedsLookup:
    """The answer alone decides nothing: look the tag up at the provider, then call `after_lookup`.

    Attributes:
        refusal: the provider's answer to the attempt.
    """

    refusal: Refused


class ClaimLost(Exception):  # noqa: N818 - reads as the fact that it states
    """The claim ended before the request was written, so the request must not be sent."""


class MessageExpired(Exception):  # noqa: N818 - reads as the fact that it states
    """The message expired before the request was written, so it must not be sent."""


AttemptError = ProviderError | LimiterError | ClaimLost | MessageExpired
"""Why an attempt did not succeed."""


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


def after_success(claim: Claim, settings: WorkerSettings) -> Decision:
    """Decide after code 0."""
    if claim.kind is ClaimKind.RESERVE:
        return _reserved(claim.message, "code 0", settings, claim.message.since)
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
            return Decision(State.SUBMIT_UNKNOWN, _describe(error), wait)


def after_lookup(
    message: Message, result: LookupResult, settings: WorkerSettings, *, now: datetime, refusal: Refused | None = None
) -> Decision:
    """Decide after a look-up of the tag of a message whose outcome is unknown.

    Args:
        message: under a claim, or `submit_unknown`.
        result: what the provider has under the tag.
        settings: for the times.
        now: the time of Redis.
        refusal: the answer to an attempt that led to the look-up, if one did.
    """
    match result:
        case LookupResult.SENT:
            return Decision(State.ACCEPTED, "found at the provider", settings.status_check_after, found=True)
        case LookupResult.RESERVED:
            return replace(_reserved(message, "found at the provider", settings, now), found=True)
        case LookupResult.OTHER_MESSAGE:
            return Decision(State.FAILED, "tag_conflict")
    fields = {} if refusal is None else _fields_of(refusal)
    is_used_again = "tag_used" in fields and _was_attempted_before(message)
    if result is LookupResult.NOT_FOUND and is_used_again and message.send_at is not None:
        # The provider took our reservation and does not have it now, so it was canceled: by our cancel of its group
        # or in the provider's console. The requested cancel or the comparison of reservations will find that.
        return _reserved(message, "taken by an earlier attempt", settings, now)
    if (ended := _after_proof(message, result, settings, now)) is not None:
        return ended
    return _still_unknown(message, result, settings, now, fields)


def _reserved(message: Message, reason: str, settings: WorkerSettings, now: datetime) -> Decision:
    """The provider holds a reservation: check its status after its send time."""
    until_send_time = max(message.send_at - now, timedelta()) if message.send_at else timedelta()
    return Decision(State.SCHEDULED, reason, until_send_time + settings.status_check_after)


def _not_taken(claim: Claim, decision: Decision) -> Decision:
    """The provider did not take this attempt. If it may have taken an earlier one, the outcome stays unknown."""
    return replace(decision, to=State.SUBMIT_UNKNOWN) if claim.outcome_unknown else decision


def _parked(claim: Claim, error: ProviderError, settings: WorkerSettings, retry_in: timedelta) -> Decision:
    """The refusal may concern this message only, or others: the message waits, and the others go on."""
    sender = claim.message.sms_code if isinstance(error, Refused) and error.concerns_sender else None
    gap = settings.hold_for * min(1 << min(max(claim.message.attempts, 1) - 1, 30), LONGEST_PARKED)
    return Decision(State.SUBMIT_UNKNOWN, _describe(error), gap, refusal=Refusal(error.kind, retry_in, sender))


def _after_refusal(claim: Claim, refusal: Refused, settings: WorkerSettings) -> Decision | NeedsLookup:
    message, is_rejecting = claim.message, refusal.code in REJECTING_CODES
    if refusal.concerns_account or refusal.concerns_sender:
        parked = _parked(claim, refusal, settings, settings.hold_for)
        return _not_taken(claim, replace(parked, to=State.QUEUED)) if is_rejecting else parked
    if claim.kind is ClaimKind.RESERVE and message.send_at is not None and refusal.concerns_send_time:
        # It is too far ahead, or in the past by the provider's clock: it waits here and is sent at its time by ours.
        wait = max(message.send_at - message.since, timedelta())
        decision = Decision(State.QUEUED, _describe(refusal), wait, fields={RESERVATION_REFUSED: 1})
        return _not_taken(claim, decision) if is_rejecting else replace(decision, to=State.SUBMIT_UNKNOWN)
    if refusal.code == ResponseCode.DUPLICATE_TAG or (is_rejecting and claim.outcome_unknown):
        # 400 also without a recorded attempt: a Redis that lost its last second may have lost the record of one.
        return NeedsLookup(refusal)
    if is_rejecting:
        return Decision(State.REJECTED, _describe(refusal))
    retry_in = settings.hold_for if refusal.code == ResponseCode.QUOTA_USED_UP else PROBE_AFTER
    return _parked(claim, refusal, settings, retry_in)


def _fields_of(refusal: Refused) -> dict[str, str | int]:
    """Return what to record so that a refused message is only looked up from now on."""
    return {"tag_used": 1} if refusal.code == ResponseCode.DUPLICATE_TAG else {"refused": _describe(refusal)}


def _was_attempted_before(message: Message) -> bool:
    return message.attempts > 1 or message.unknown_since is not None


def _after_proof(message: Message, result: LookupResult, settings: WorkerSettings, now: datetime) -> Decision | None:
    """Return what follows if two empty look-ups, far enough apart, prove that the provider does not have a message."""
    since = message.not_found_since
    if result is not LookupResult.NOT_FOUND or since is None or now - since < settings.status_lag:
        return None
    if message.cancel_requested:
        return Decision(State.CANCELED, message.cancel_reason, found=False)
    if message.refused is not None:
        return Decision(State.REJECTED, message.refused, found=False)
    if message.tag_used and message.attempts <= 1:
        return Decision(State.FAILED, "tag_conflict", found=False)
    return None


def _still_unknown(
    message: Message, result: LookupResult, settings: WorkerSettings, now: datetime, fields: Mapping[str, str | int]
) -> Decision:
    is_missing = result is LookupResult.NOT_FOUND
    reason = "not found at the provider" if is_missing else "look-up failed"
    found = False if is_missing else None
    end = message.expires_at + settings.give_up_after
    if now >= end:
        return Decision(State.DELIVERY_UNKNOWN, reason, found=found)
    began = message.unknown_since or message.since
    wait = next_question(message, now - began, end - began, settings)
    if message.send_at is not None and message.send_at > now:
        wait = min(wait, message.send_at - now)  # At its send time it is sent again, if the provider does not have it.
    is_unknown_already = message.state is State.SUBMIT_UNKNOWN
    return Decision(None if is_unknown_already else State.SUBMIT_UNKNOWN, reason, wait, fields=fields, found=found)


def _why_no_slot(error: ClaimLost | LimiterError) -> str:
    match error:
        case ClaimLost():
            return "no slot before the claim ended"
        case LimiterUnavailable():
            return "no slot without Redis"
        case _:
            return "no slot"


def _describe(error: ProviderError) -> str:
    return f"{error.code} {error.provider_message}" if isinstance(error, Refused) else error.reason
