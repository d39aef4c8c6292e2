"""Comparisons of reservations."""

from datetime import timedelta

import pytest
from tests.integration.reconciliation.conftest import Sides
from tests.support.store_helpers import new_message

from zettai import State
from zettai.core.new_message import NewMessage
from zettai_worker.provider import ProviderError
from zettai_worker.reconciliation import DifferenceKind


def _reserved(sides: Sides, **keywords: str) -> NewMessage:
    one = sides.record(State.SCHEDULED, send_at=sides.later(), **keywords)
    sides.send_unrecorded(one)
    return one


def test_equal_reservation_is_no_difference(sides: Sides) -> None:
    one = _reserved(sides)
    assert one.send_at is not None

    assert sides.compare_reservations(one.send_at.date()) == []


def test_reservation_canceled_in_the_console_is_recorded_as_canceled(sides: Sides) -> None:
    one = _reserved(sides)
    assert one.send_at is not None
    sides.simulator.cancel_in_console(one.client_tag)

    [difference] = sides.compare_reservations(one.send_at.date())

    assert difference.kind is DifferenceKind.CANCELED_THERE
    assert (sides.message(one).state, sides.message(one).reason) == (
        State.CANCELED,
        "canceled at the provider",
    )


def test_reservation_that_was_sent_early_is_not_recorded_as_canceled(sides: Sides) -> None:
    one = _reserved(sides)
    assert one.send_at is not None
    sides.simulator.make_due(one.client_tag)

    sides.compare_reservations(one.send_at.date())

    assert sides.message(one).state is State.DELIVERED


def test_reservation_with_a_cancel_request_is_skipped(sides: Sides) -> None:
    one = _reserved(sides)
    assert one.send_at is not None
    sides.store.cancel([one.client_tag])
    sides.simulator.cancel_in_console(one.client_tag)

    assert sides.compare_reservations(one.send_at.date()) == []
    assert sides.message(one).state is State.SCHEDULED


@pytest.mark.parametrize("states", [(), (State.SUBMIT_UNKNOWN,)], ids=["queued", "outcome unknown"])
def test_unrecorded_reservation_is_recorded(sides: Sides, states: tuple[State, ...]) -> None:
    one = sides.record(*states, send_at=sides.later())
    assert one.send_at is not None
    sides.send_unrecorded(one)

    [difference] = sides.compare_reservations(one.send_at.date())

    assert difference.kind is DifferenceKind.TAKEN_UNRECORDED
    message = sides.message(one)
    assert (message.state, message.sent_at) == (State.SCHEDULED, one.send_at)
    due = sides.store.redis.zscore(sides.store.keys.due_to_check, one.client_tag)
    assert due is not None
    assert due >= one.send_at.timestamp() * 1000


def test_unknown_reservation_is_reported_and_stays_at_the_provider(sides: Sides) -> None:
    one = new_message(send_at=sides.later())
    assert one.send_at is not None
    sides.send_unrecorded(one)

    [difference] = sides.compare_reservations(one.send_at.date())

    assert (difference.client_tag, difference.kind, difference.updates) == (
        one.client_tag,
        DifferenceKind.UNKNOWN_HERE,
        (),
    )
    assert sides.simulator.record_of(one.client_tag)["state"] == "reserved"


def test_canceled_message_that_is_still_reserved_is_a_broken_promise(sides: Sides) -> None:
    one = sides.record(State.CANCELED, send_at=sides.later())
    assert one.send_at is not None
    sides.send_unrecorded(one)

    [difference] = sides.compare_reservations(one.send_at.date())

    assert difference.kind is DifferenceKind.PROMISE_BROKEN
    assert sides.message(one).contradicted


def test_reservation_for_another_time_is_reported(sides: Sides) -> None:
    one = sides.record(State.SCHEDULED, send_at=sides.later())
    assert one.send_at is not None
    sides.send_unrecorded(one, schedule_time=one.send_at + timedelta(days=1))

    [difference] = sides.compare_reservations(one.send_at.date())

    assert (difference.kind, difference.provider) == (DifferenceKind.CONTRADICTED, "reserved for another time")
    assert sides.message(one).state is State.SCHEDULED


@pytest.mark.parametrize("kind", ["broken_json", "error_after", "html"])
@pytest.mark.parametrize("endpoint", ["checkreservation", "status"])
def test_unclear_answer_changes_no_record(sides: Sides, kind: str, endpoint: str) -> None:
    one = _reserved(sides)
    assert one.send_at is not None
    sides.simulator.cancel_in_console(one.client_tag)
    sides.simulator.set_faults({"kind": kind, "endpoint": endpoint})

    with pytest.raises(ProviderError):
        sides.compare_reservations(one.send_at.date())

    assert sides.message(one).state is State.SCHEDULED
