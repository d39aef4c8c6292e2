"""What to record about a reservation whose cancellation is requested: pure functions.

Three things prove that a reservation is canceled: the provider's confirmation for its tag; a confirmed call for many
that covered it, and then a look-up by tag that finds nothing; or two look-ups by tag that find nothing, minutes apart.
All else leaves it unclear. After its send time it takes the path of every sent message, which ends by time alone.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from zettai.core.lanes import Lane
from zettai.core.message import PAUSED, SUPPRESSED, Message
from zettai.core.states import State
from zettai.core.store import StateUpdate
from zettai_worker.following.schedule import CLOCK_TOLERANCE, may_ask, next_question
from zettai_worker.settings import WorkerSettings


class CancelResult(StrEnum):
    """What the provider's answers say about a reservation."""

    CONFIRMED = "confirmed"
    """It confirmed the cancellation of this tag."""
    SENT = "sent"
    """The message was sent."""
    RESERVED = "reserved"
    """It is still reserved."""
    NOT_FOUND = "not_found"
    """There is neither a reservation nor a status with its tag."""
    UNCLEAR = "unclear"
    """No answer, or one that says nothing."""


def after_cancel(message: Message, result: CancelResult, now: datetime, settings: WorkerSettings) -> StateUpdate:
    """Return what to record after a question about a reservation whose cancellation is requested."""
    if result is CancelResult.CONFIRMED or (result is CancelResult.NOT_FOUND and _is_canceled(message, now, settings)):
        return _update(message, State.CANCELED, message.cancel_reason)
    if result is CancelResult.SENT:
        return _update(message, State.ACCEPTED, "too late to cancel", due_in=settings.status_check_after)
    is_listed = {CancelResult.RESERVED: True, CancelResult.NOT_FOUND: False}.get(result)
    # One lost answer at the end must not decide: the question is repeated a few times.
    more_time = settings.status_lag if result is CancelResult.UNCLEAR and may_ask(message) else timedelta()
    if now >= listed_from(message, settings) + more_time and result is not CancelResult.NOT_FOUND:
        return _update(message, State.ACCEPTED, "send time reached", due_in=settings.status_check_after)
    return StateUpdate(
        client_tag=message.client_tag,
        expected_states=frozenset({State.SCHEDULED}),
        found=is_listed,
        due_in=_next_question(message, result, now, settings),
    )


def lane_of(message: Message) -> Lane:
    """Return the lane of the calls: the first try is urgent, and what is asked again must not delay urgent messages.

    Neither must the many cancels that can follow from an import of suppressed numbers, or from a pause of a group.
    """
    if message.calls or message.bulk_canceled_at:
        return Lane.STATUS
    return Lane.NORMAL if message.cancel_reason in {SUPPRESSED, PAUSED} else Lane.URGENT


def listed_from(message: Message, settings: WorkerSettings) -> datetime:
    """Return from when on the provider lists the status of a reservation that was sent, also if its clock is behind."""
    return _send_time(message) + CLOCK_TOLERANCE + settings.status_lag


def _is_canceled(message: Message, now: datetime, settings: WorkerSettings) -> bool:
    """Return whether a look-up that found nothing proves that the reservation is canceled."""
    near = _send_time(message) - CLOCK_TOLERANCE
    if message.bulk_canceled_at is not None and message.bulk_canceled_at < near:
        return True
    if near <= now < listed_from(message, settings):
        return False  # It may be sent, although its status is not listed yet.
    if message.bulk_canceled_at is not None:
        return True
    return message.not_found_since is not None and now >= message.not_found_since + settings.status_lag


def _next_question(message: Message, result: CancelResult, now: datetime, settings: WorkerSettings) -> timedelta:
    """Return the wait until the next question: growing gaps, and not before an answer can prove something."""
    listed = listed_from(message, settings)
    if result is CancelResult.NOT_FOUND:
        at = (message.not_found_since or now) + settings.status_lag
        if message.bulk_canceled_at is not None or _send_time(message) - CLOCK_TOLERANCE <= at < listed:
            at = listed
    else:
        began = max(message.since, message.cancel_requested_at or message.since)
        at = now + next_question(message, now - began, listed - began, settings)
        if now >= listed:
            at = now + settings.status_lag / 3
        if message.bulk_canceled_at is not None and result is CancelResult.RESERVED:
            at = max(at, message.bulk_canceled_at + settings.status_lag)  # The list may be out of date until then.
    return max(at - now, settings.status_check_after)


def _send_time(message: Message) -> datetime:
    return message.send_at or message.since


def _update(message: Message, to: State, reason: str, due_in: timedelta | None = None) -> StateUpdate:
    return StateUpdate(
        client_tag=message.client_tag,
        expected_states=frozenset({State.SCHEDULED}),
        to=to,
        reason=reason,
        due_in=due_in,
    )
