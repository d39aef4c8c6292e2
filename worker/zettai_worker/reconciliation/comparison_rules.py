"""Rules of the comparison: how a record differs from what the provider has, and what to record. Pure functions.

Each update expects the state that was compared. If the state has changed meanwhile, the update changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from zettai.core.aossms.evidence import AnyRow, Evidence, find_evidence, is_conflict
from zettai.core.aossms.final_status import final_update
from zettai.core.message import Message
from zettai.core.states import AT_PROVIDER, NEVER_SENT, UNSENT, State
from zettai.core.store import StateUpdate
from zettai_worker.following.schedule import CLOCK_TOLERANCE, may_ask, may_be_sent
from zettai_worker.following.status_checks import update_after_check
from zettai_worker.provider import Reservation, Status, StatusId
from zettai_worker.reconciliation.differences import Difference, DifferenceKind
from zettai_worker.settings import WorkerSettings

TAG_CONFLICT = "tag_conflict"
"""The reason of `failed` when the provider has another message under the tag."""

UNSENT_OR_UNKNOWN = UNSENT | {State.SUBMIT_UNKNOWN}


def compare_status(
    message: Message | None, body: str | None, rows: Sequence[Status], now: datetime, settings: WorkerSettings
) -> Difference | None:
    """Compare a record with what the provider has sent under its tag.

    Args:
        message: the record; None if the store does not know the tag.
        body: the record's text, if it is still kept.
        rows: the provider's rows with this tag; at least one.
        now: the time of Redis.
        settings: for the times.
    """
    if message is None:
        found = f"sent, statusId {rows[0].status.value}"
        return Difference(rows[0].client_tag, DifferenceKind.UNKNOWN_HERE, None, found)
    if _is_changing(message, body):
        return None
    evidence = find_evidence(rows, message, body)
    status = evidence.row
    if status is None or is_conflict(evidence, message):
        return _compare_conflict(evidence, message)
    found = f"sent, statusId {status.status.value}"
    if message.state in NEVER_SENT:
        return _difference(message, DifferenceKind.PROMISE_BROKEN, found, _contradicted(message))
    if message.state in UNSENT_OR_UNKNOWN | {State.SCHEDULED}:
        is_scheduled = message.state is State.SCHEDULED
        kind = DifferenceKind.MOVED_ON if is_scheduled else DifferenceKind.TAKEN_UNRECORDED
        return _difference(message, kind, found, *_accept_then_update(message, status, now, settings))
    return _compare_sent(message, status, found, update_after_check(message, status, now, settings))


def compare_reservation(
    message: Message | None, body: str | None, rows: Sequence[Reservation], now: datetime, settings: WorkerSettings
) -> Difference | None:
    """Compare a record with the reservations under its tag. The arguments are those of `compare_status`."""
    found = "reserved"
    if message is None:
        return Difference(rows[0].client_tag, DifferenceKind.UNKNOWN_HERE, None, found)
    if _is_changing(message, body):
        return None
    evidence = find_evidence(rows, message, body)
    reservation = evidence.row
    if reservation is None or is_conflict(evidence, message):
        return _compare_conflict(evidence, message)
    if message.state in NEVER_SENT:
        return _compare_promise(message, found, now, settings)
    if message.state in UNSENT_OR_UNKNOWN:
        update = _update(message, State.SCHEDULED, "found at the provider", until_check(message, now, settings))
        return _difference(message, DifferenceKind.TAKEN_UNRECORDED, found, update)
    return _compare_reserved(message, reservation, found, now)


def compare_missing_reservation(message: Message, now: datetime, settings: WorkerSettings) -> Difference | None:
    """Compare a record with a look-up by tag that found neither a reservation nor a status.

    The second one in a row, after the time by which the provider's lists may lag, proves that the reservation was
    canceled at the provider. Close to the send time it proves nothing: the message may be sent, and not listed yet.
    """
    if message.state is not State.SCHEDULED or may_be_sent(message, now):
        return None
    if message.not_found_since is None or now < message.not_found_since + settings.status_lag:
        return _difference(message, DifferenceKind.MISSING_THERE, "neither reserved nor sent, asked once")
    update = _update(message, State.CANCELED, "canceled at the provider", None)
    return _difference(message, DifferenceKind.CANCELED_THERE, "neither reserved nor sent", update)


def until_check(message: Message, now: datetime, settings: WorkerSettings) -> timedelta:
    """Return the time until the first status check of a reservation: shortly after its send time."""
    return max((message.send_at or now) - now, timedelta()) + settings.status_check_after


def compare_missing_status(message: Message, asked_at: datetime) -> Difference | None:
    """Compare a record with the provider's list of its day, which lacks it.

    A message sent a moment ago, or close to midnight, may be missing rightly.
    """
    sent = message.sent_at
    if sent is None or message.state not in {State.ACCEPTED, State.SENDING} or sent > asked_at - CLOCK_TOLERANCE:
        return None
    if (sent - CLOCK_TOLERANCE).date() != (sent + CLOCK_TOLERANCE).date():
        return None
    return _difference(message, DifferenceKind.MISSING_THERE, "not in the list of the day")


def _is_changing(message: Message, body: str | None) -> bool:
    """Whether a worker has claimed the message, or it was recorded after its text was read."""
    return message.state is State.SUBMITTING or (message.state in UNSENT_OR_UNKNOWN and body is None)


def _compare_conflict(evidence: Evidence[AnyRow], message: Message) -> Difference | None:
    """The provider has another message under the tag. A masked number proves nothing, and a conflict is noted once."""
    is_noted = message.state is State.FAILED and message.reason == TAG_CONFLICT
    if is_noted or not is_conflict(evidence, message):
        return None
    is_open = message.state in UNSENT_OR_UNKNOWN
    updates = [_update(message, State.FAILED, TAG_CONFLICT, None)] if is_open else []
    return _difference(message, DifferenceKind.TAG_CONFLICT, "another message", *updates)


def _compare_promise(message: Message, found: str, now: datetime, settings: WorkerSettings) -> Difference | None:
    """A message that counts as never sent is still reserved. If it was canceled, it is canceled again."""
    if message.state is State.CANCELED and now < message.since + settings.status_lag:
        return None  # The list may be out of date.
    if message.state is State.CANCELED and may_ask(message):
        return Difference(message.client_tag, DifferenceKind.PROMISE_BROKEN, message.state, found, cancels_again=True)
    return _difference(message, DifferenceKind.PROMISE_BROKEN, found, _contradicted(message))


def _compare_reserved(message: Message, reservation: Reservation, found: str, now: datetime) -> Difference | None:
    """A reservation of ours has our time, or was sent meanwhile. At that time it may be listed a moment longer."""
    if message.state is State.SCHEDULED:
        is_same_time = reservation.schedule_time in {None, message.send_at}
        return None if is_same_time else _difference(message, DifferenceKind.CONTRADICTED, "reserved for another time")
    return None if may_be_sent(message, now) else _difference(message, DifferenceKind.CONTRADICTED, found)


def _contradicted(message: Message) -> StateUpdate:
    """Mark the record, so that the message is not sent again by mistake."""
    return StateUpdate(
        client_tag=message.client_tag, expected_states=frozenset({message.state}), fields={"contradicted": 1}
    )


def _accept_then_update(
    message: Message, status: Status, now: datetime, settings: WorkerSettings
) -> tuple[StateUpdate, ...]:
    """Record that the provider accepted the message, then its status."""
    reason = "send time reached" if message.state is State.SCHEDULED else "found at the provider"
    accept = _update(message, State.ACCEPTED, reason, settings.status_check_after)
    accepted = replace(message, state=State.ACCEPTED, sent_at=now)
    update = update_after_check(accepted, status, now, settings)
    return (accept, update) if update.to is not None else (accept,)


def _compare_sent(message: Message, status: Status, found: str, update: StateUpdate) -> Difference | None:
    """A message at the provider may move on. After a final state, only a delivery changes it."""
    if message.state in AT_PROVIDER:
        return _difference(message, DifferenceKind.MOVED_ON, found, update) if update.to is not None else None
    if message.state is State.DELIVERED:
        is_failed = status.status is StatusId.FAILED
        return _difference(message, DifferenceKind.CONTRADICTED, found) if is_failed else None
    if update.to is State.DELIVERED:
        return _difference(message, DifferenceKind.RAISED, found, update)
    return _compare_parts(message, status, found)


def _compare_parts(message: Message, status: Status, found: str) -> Difference | None:
    """A delivery report of a failure does not say how many parts are billed. The provider's list does."""
    is_unknown = message.state is State.UNDELIVERED and status.status is StatusId.FAILED and message.parts is None
    if not is_unknown or status.parts is None:
        return None
    update = replace(final_update(status), expected_states=frozenset({State.UNDELIVERED}), to=None)
    return Difference(message.client_tag, DifferenceKind.MOVED_ON, message.state, found, (update,), adds_facts=True)


def _update(message: Message, to: State, reason: str, due_in: timedelta | None) -> StateUpdate:
    return StateUpdate(
        client_tag=message.client_tag, expected_states=frozenset({message.state}), to=to, reason=reason, due_in=due_in
    )


def _difference(message: Message, kind: DifferenceKind, found: str, *updates: StateUpdate) -> Difference:
    return Difference(message.client_tag, kind, message.state, found, updates)
