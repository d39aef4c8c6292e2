"""Reservations, day by day and both ways."""

from datetime import timedelta

import pytest
from tests.integration.reconciliation.conftest import Desk
from tests.support.store_helpers import new_message

from zettai import State
from zettai.core.new_message import NewMessage
from zettai_worker.provider import ProviderError
from zettai_worker.reconciliation import What


def _reserved(desk: Desk, **keywords: str) -> NewMessage:
    one = desk.record(State.SCHEDULED, send_at=desk.later(), **keywords)
    desk.give(one)
    return one


def test_both_agree(desk: Desk) -> None:
    """Nothing to tell."""
    one = _reserved(desk)
    assert one.send_at is not None

    assert desk.compare_reservations(one.send_at.date()) == []


def test_a_reservation_cancelled_in_the_console_is_found(desk: Desk) -> None:
    """Neither reserved nor sent, and its time has not come: canceled, and the reason says by whom."""
    one = _reserved(desk)
    assert one.send_at is not None
    desk.simulator.cancel_in_console(one.client_tag)

    [difference] = desk.compare_reservations(one.send_at.date())

    assert difference.what is What.CANCELED_THERE
    assert (desk.message(one).state, desk.message(one).reason) == (State.CANCELED, "cancelled at the provider")


def test_a_reservation_that_was_sent_is_not_called_canceled(desk: Desk) -> None:
    """It is not in its day's list any more, since somebody sent it before its time."""
    one = _reserved(desk)
    assert one.send_at is not None
    desk.simulator.make_due(one.client_tag)

    desk.compare_reservations(one.send_at.date())

    assert desk.message(one).state is State.DELIVERED


def test_a_wish_to_cancel_is_seen_to_elsewhere(desk: Desk) -> None:
    """Whoever carries it out knows the answer."""
    one = _reserved(desk)
    assert one.send_at is not None
    desk.store.cancel([one.client_tag])
    desk.simulator.cancel_in_console(one.client_tag)

    assert desk.compare_reservations(one.send_at.date()) == []
    assert desk.message(one).state is State.SCHEDULED


@pytest.mark.parametrize("states", [(), (State.SUBMIT_UNKNOWN,)], ids=["queued", "in doubt"])
def test_a_reservation_that_was_made_unrecorded_is_recorded(desk: Desk, states: tuple[State, ...]) -> None:
    """Redis lost its last second, or a worker died: no second request is made."""
    one = desk.record(*states, send_at=desk.later())
    assert one.send_at is not None
    desk.give(one)

    [difference] = desk.compare_reservations(one.send_at.date())

    assert difference.what is What.TAKEN_UNRECORDED
    message = desk.message(one)
    assert (message.state, message.sent_at) == (State.SCHEDULED, one.send_at)
    due = desk.store.redis.zscore(desk.store.keys.due_to_check, one.client_tag)
    assert due is not None
    assert due >= one.send_at.timestamp() * 1000


def test_an_unknown_reservation_is_told_and_not_touched(desk: Desk) -> None:
    """Others may reserve through the same account."""
    one = new_message(send_at=desk.later())
    assert one.send_at is not None
    desk.give(one)

    [difference] = desk.compare_reservations(one.send_at.date())

    assert (difference.client_tag, difference.what, difference.orders) == (one.client_tag, What.UNKNOWN_HERE, ())
    assert desk.simulator.record_of(one.client_tag)["state"] == "reserved"


def test_a_canceled_message_that_is_still_reserved_is_a_broken_promise(desk: Desk) -> None:
    """It would be sent in spite of what the caller was told."""
    one = desk.record(State.CANCELED, send_at=desk.later())
    assert one.send_at is not None
    desk.give(one)

    [difference] = desk.compare_reservations(one.send_at.date())

    assert difference.what is What.PROMISE_BROKEN
    assert desk.message(one).contradicted


def test_another_time_is_told(desk: Desk) -> None:
    """Somebody moved it at the provider; which of both is meant nobody here can know."""
    one = desk.record(State.SCHEDULED, send_at=desk.later())
    assert one.send_at is not None
    desk.give(one, schedule_time=one.send_at + timedelta(days=1))

    [difference] = desk.compare_reservations(one.send_at.date())

    assert (difference.what, difference.provider) == (What.CONTRADICTED, "reserved for another time")
    assert desk.message(one).state is State.SCHEDULED


@pytest.mark.parametrize("kind", ["broken_json", "error_after", "html"])
@pytest.mark.parametrize("endpoint", ["checkreservation", "status"])
def test_an_unclear_answer_cancels_nothing(desk: Desk, kind: str, endpoint: str) -> None:
    """Without the provider's plain word there is no verdict."""
    one = _reserved(desk)
    assert one.send_at is not None
    desk.simulator.cancel_in_console(one.client_tag)
    desk.simulator.set_faults({"kind": kind, "endpoint": endpoint})

    with pytest.raises(ProviderError):
        desk.compare_reservations(one.send_at.date())

    assert desk.message(one).state is State.SCHEDULED
