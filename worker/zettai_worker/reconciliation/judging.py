"""What differs between a record and what the provider shows, and what follows: pure decisions, without I/O.

An order demands the state that was seen, so a difference that somebody else has settled meanwhile changes nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from zettai.core.message import Message
from zettai.core.states import AT_PROVIDER, NEVER_SENT, UNSENT, State
from zettai.core.store import StateUpdate
from zettai_worker.following.schedule import CLOCKS
from zettai_worker.following.status_checks import progress
from zettai_worker.provider import Reservation, Status, StatusId
from zettai_worker.reconciliation.differences import Difference, What
from zettai_worker.settings import WorkerSettings

CONFLICT = "tag_conflict"
"""The reason of `failed`: the tag is somebody else's at the provider."""

_OPEN = UNSENT | {State.SUBMIT_UNKNOWN}


def judge_status(
    message: Message | None, body: str | None, status: Status, now: datetime, settings: WorkerSettings
) -> Difference | None:
    """Compare a record with a message that the provider has sent.

    Args:
        message: as the store has it; None where it does not know the tag.
        body: its text, where that is still kept.
        status: the provider's row.
        now: the time of Redis.
        settings: for the times.
    """
    seen = f"sent, statusId {status.status.value}"
    if message is None:
        return Difference(status.client_tag, What.UNKNOWN_HERE, None, seen)
    if _is_at_work(message, body):
        return None
    known = _judge_known(message, body, status, seen)
    if known is not None or message.state in NEVER_SENT:
        return known
    if message.state in _OPEN | {State.SCHEDULED}:
        what = What.MOVED_ON if message.state is State.SCHEDULED else What.TAKEN_UNRECORDED
        return _differs(message, what, seen, *_taken_and_on(message, status, now, settings))
    return _judge_sent(message, status, seen, progress(message, status, now, settings))


def judge_reservation(
    message: Message | None, body: str | None, reservation: Reservation, now: datetime, settings: WorkerSettings
) -> Difference | None:
    """Compare a record with a reservation that the provider holds."""
    seen = "reserved"
    if message is None:
        return Difference(reservation.client_tag, What.UNKNOWN_HERE, None, seen)
    if _is_at_work(message, body):
        return None
    known = _judge_known(message, body, reservation, seen)
    if known is not None or message.state in NEVER_SENT:
        return known
    if message.state in _OPEN:
        until_then = max((message.send_at or now) - now, timedelta())
        order = _order(message, State.SCHEDULED, "found at the provider", until_then + settings.status_check_after)
        return _differs(message, What.TAKEN_UNRECORDED, seen, order)
    if message.state is State.SCHEDULED:
        moved = reservation.schedule_time is not None and reservation.schedule_time != message.send_at
        return _differs(message, What.CONTRADICTED, "reserved for another time") if moved else None
    # Its time came a moment ago, and the lists differ for that long.
    early = message.send_at is not None and message.send_at > now + CLOCKS
    return _differs(message, What.CONTRADICTED, seen) if early else None


def judge_gone(message: Message, now: datetime) -> Difference | None:
    """A reservation is neither listed nor sent: canceled, unless its time has come and its status is only late."""
    if message.state is not State.SCHEDULED or message.send_at is None or message.send_at <= now + CLOCKS:
        return None
    reason = "on request" if message.cancel_requested else "cancelled at the provider"
    return _differs(
        message, What.CANCELED_THERE, "neither reserved nor sent", _order(message, State.CANCELED, reason, None)
    )


def judge_missing(message: Message, asked_at: datetime) -> Difference | None:
    """A message that was accepted is not in the list of its day; close to the edges that means nothing."""
    sent = message.sent_at
    if sent is None or message.state not in {State.ACCEPTED, State.SENDING} or sent > asked_at - CLOCKS:
        return None
    near_midnight = (sent - CLOCKS).date() != (sent + CLOCKS).date()
    return None if near_midnight else _differs(message, What.MISSING_THERE, "not in the list of the day")


def _is_at_work(message: Message, body: str | None) -> bool:
    """Whether a worker has it in hand, or it was recorded after its text was looked for: not to be judged now."""
    return message.state is State.SUBMITTING or (message.state in _OPEN and body is None)


def _judge_known(message: Message, body: str | None, found: Status | Reservation, seen: str) -> Difference | None:
    """What number and text tell, and whether a promise is broken; None where the states must be compared."""
    ours = found.phone_number == message.to and (body is None or found.message in {None, body})
    if message.state is State.FAILED and message.reason == CONFLICT:
        return None
    if not ours and message.state in _OPEN:
        return _differs(message, What.TAG_CONFLICT, seen, _order(message, State.FAILED, CONFLICT, None))
    if not ours:
        return _differs(message, What.TAG_CONFLICT, seen)
    if message.state in NEVER_SENT:
        mark = StateUpdate(
            client_tag=message.client_tag, expected_states=frozenset({message.state}), fields={"contradicted": 1}
        )
        return _differs(message, What.PROMISE_BROKEN, seen, mark)
    return None


def _taken_and_on(message: Message, status: Status, now: datetime, settings: WorkerSettings) -> tuple[StateUpdate, ...]:
    """First that the provider took it, then as far as the status tells."""
    reason = "its time came" if message.state is State.SCHEDULED else "found at the provider"
    taken = _order(message, State.ACCEPTED, reason, settings.status_check_after)
    on = progress(replace(message, state=State.ACCEPTED, sent_at=now), status, now, settings)
    return (taken, on) if on.to is not None else (taken,)


def _judge_sent(message: Message, status: Status, seen: str, order: StateUpdate) -> Difference | None:
    """A message that was sent may move on; at its end only success may still raise it."""
    if message.state in AT_PROVIDER:
        return _differs(message, What.MOVED_ON, seen, order) if order.to is not None else None
    if message.state is State.DELIVERED:
        return _differs(message, What.CONTRADICTED, seen) if status.status is StatusId.FAILED else None
    return _differs(message, What.RAISED, seen, order) if order.to is State.DELIVERED else None


def _order(message: Message, to: State, reason: str, due_in: timedelta | None) -> StateUpdate:
    return StateUpdate(
        client_tag=message.client_tag, expected_states=frozenset({message.state}), to=to, reason=reason, due_in=due_in
    )


def _differs(message: Message, what: What, seen: str, *orders: StateUpdate) -> Difference:
    return Difference(message.client_tag, what, message.state, seen, orders)
