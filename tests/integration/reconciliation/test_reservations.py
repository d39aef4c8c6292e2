"""Comparisons of reservations."""

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.support.sides import Sides
from tests.support.store_helpers import new_message

from zettai import State
from zettai.core.new_message import NewMessage
from zettai_worker.provider import ProviderError
from zettai_worker.reconciliation import DifferenceKind
from zettai_worker.reconciliation.comparison import LOOKUP_CALLS


def _reserved(sides: Sides, **keywords: Any) -> NewMessage:
    one = sides.record(State.SCHEDULED, **{"send_at": sides.later(), **keywords})
    sides.send_unrecorded(one)
    return one


def test_equal_reservation_is_no_difference(sides: Sides) -> None:
    one = _reserved(sides)
    assert one.send_at is not None

    assert sides.compare_reservations(one.send_at.date()) == []


def test_reservations_of_two_senders_are_compared_each_with_its_own_list(sides: Sides) -> None:
    """77777 is in no setting: it may have been taken out of ZETTAI_SENDERS meanwhile."""
    send_at = sides.later()
    mine = [_reserved(sides, sender=sender, send_at=send_at) for sender in (None, "12345", "77777")]

    assert sides.compare_reservations(send_at.date()) == []
    assert {sides.message(one).calls for one in mine} == {0}
    assert sides.calls_of("checkreservation") == 2


def test_reservation_is_compared_under_the_code_that_it_was_sent_from(sides: Sides) -> None:
    """The default code may have changed since then."""
    one = _reserved(sides)
    assert one.send_at is not None
    sides.comparison._settings = sides.runtime.settings.model_copy(update={"sms_code": "99999"})

    assert sides.compare_reservations(one.send_at.date()) == []
    assert sides.message(one).calls == 0


def test_refused_sender_does_not_stop_the_comparison_of_the_others(sides: Sides) -> None:
    send_at = sides.later()
    _reserved(sides, sender="11111", send_at=send_at)
    unrecorded = new_message(send_at=send_at)
    sides.store.create([unrecorded])
    sides.send_unrecorded(unrecorded)
    refused = {"kind": "code", "code": 110, "text": "Invalid smsCode.", "endpoint": "checkreservation", "times": 1}
    sides.simulator.set_faults(refused)

    with capture_logs() as logs:
        [difference] = sides.compare_reservations(send_at.date())

    assert (difference.client_tag, difference.kind) == (unrecorded.client_tag, DifferenceKind.TAKEN_UNRECORDED)
    assert [(line["event"], line["sender"]) for line in logs] == [("sender_not_compared", "11111")]


def test_reservation_canceled_in_the_console_is_recorded_as_canceled(sides: Sides) -> None:
    """The first look-up that finds nothing proves nothing."""
    one = _reserved(sides)
    assert one.send_at is not None
    sides.simulator.cancel_in_console(one.client_tag)

    [first] = sides.compare_reservations(one.send_at.date())
    assert (first.kind, first.action) == (DifferenceKind.MISSING_THERE, "report")
    assert sides.compare_reservations(one.send_at.date()) == []
    assert (sides.message(one).state, sides.message(one).calls) == (State.SCHEDULED, 2)

    sides.let_lag_pass(one)
    [second] = sides.compare_reservations(one.send_at.date())

    assert second.kind is DifferenceKind.CANCELED_THERE
    message = sides.message(one)
    assert (message.state, message.reason, message.calls) == (State.CANCELED, "canceled at the provider", 4)


def test_reservation_that_its_list_lacks_is_not_looked_up_for_ever(sides: Sides) -> None:
    one = _reserved(sides)
    sides.simulator.set_faults({"kind": "rows_missing", "endpoint": "checkreservation"})
    before = sides.calls_of("status")

    for _ in range(LOOKUP_CALLS):
        send_at = sides.message(one).send_at  # it moves back with the other times, perhaps past midnight
        assert send_at is not None
        sides.compare_reservations(send_at.date())
        sides.let_lag_pass(one)
        sides.simulator.set_faults({"kind": "rows_missing", "endpoint": "checkreservation", "times": 1})

    assert sides.message(one).calls == LOOKUP_CALLS
    assert sides.calls_of("status") == before + 1
    assert sides.message(one).state is State.SCHEDULED


def test_failed_lookup_does_not_stop_the_comparison(sides: Sides) -> None:
    refused = _reserved(sides, to="09012340001")
    canceled = _reserved(sides, to="09012340002")
    assert refused.send_at is not None
    for one in (refused, canceled):
        sides.simulator.cancel_in_console(one.client_tag)
    sides.simulator.set_faults({"kind": "code", "code": 110, "endpoint": "status", "suffix": "0001"})

    [difference] = sides.compare_reservations(refused.send_at.date())

    assert difference.client_tag == canceled.client_tag
    assert sides.message(refused).not_found_since is None


def test_nothing_is_missing_in_a_list_with_unreadable_rows(sides: Sides) -> None:
    missing, _, _ = (_reserved(sides, to=f"0901234000{number}") for number in (1, 2, 3))
    assert missing.send_at is not None
    sides.simulator.cancel_in_console(missing.client_tag)
    sides.simulator.set_faults({"kind": "rows_unreadable", "endpoint": "checkreservation", "suffix": "0002"})

    assert sides.compare_reservations(missing.send_at.date()) == []
    assert sides.message(missing).calls == 0


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


def test_canceled_message_that_is_still_reserved_is_canceled_again(sides: Sides) -> None:
    one = sides.record(State.CANCELED, send_at=sides.later())
    assert one.send_at is not None
    sides.send_unrecorded(one)
    sides.let_lag_pass(one)

    with capture_logs() as logs:
        [difference] = sides.compare_reservations(one.send_at.date())

    assert (difference.kind, difference.action) == (DifferenceKind.PROMISE_BROKEN, "cancel again")
    assert sides.simulator.record_of(one.client_tag)["state"] == "cancelled"
    message = sides.message(one)
    assert (message.state, message.contradicted, message.calls) == (State.CANCELED, False, 1)
    [line] = [line for line in logs if line["event"] == "reservation_canceled_again"]
    assert (line["client_tag"], line["error"]) == (one.client_tag, None)
    assert sides.compare_reservations(one.send_at.date()) == []


def test_canceled_message_whose_second_cancel_fails_is_contradicted(sides: Sides) -> None:
    one = sides.record(State.CANCELED, send_at=sides.later())
    assert one.send_at is not None
    sides.send_unrecorded(one)
    sides.let_lag_pass(one)
    sides.simulator.set_faults({"kind": "code", "code": 110, "endpoint": "cancelreservation"})

    sides.compare_reservations(one.send_at.date())

    message = sides.message(one)
    assert (message.contradicted, message.calls) == (True, 1)
    assert sides.simulator.record_of(one.client_tag)["state"] == "reserved"


def test_rejected_message_that_is_reserved_is_reported(sides: Sides) -> None:
    one = sides.record(State.REJECTED, send_at=sides.later())
    assert one.send_at is not None
    sides.send_unrecorded(one)

    [difference] = sides.compare_reservations(one.send_at.date())

    assert (difference.kind, difference.action) == (DifferenceKind.PROMISE_BROKEN, "report")
    assert sides.message(one).contradicted


def test_reservation_for_another_time_is_reported(sides: Sides) -> None:
    one = sides.record(State.SCHEDULED, send_at=sides.later())
    assert one.send_at is not None
    sides.send_unrecorded(one, schedule_time=one.send_at + timedelta(days=1))

    [difference] = sides.compare_reservations(one.send_at.date())

    assert (difference.kind, difference.provider) == (DifferenceKind.CONTRADICTED, "reserved for another time")
    assert sides.message(one).state is State.SCHEDULED


@pytest.mark.parametrize("kind", ["broken_json", "error_after", "html"])
def test_unclear_list_ends_the_comparison(sides: Sides, kind: str) -> None:
    one = _reserved(sides)
    assert one.send_at is not None
    sides.simulator.cancel_in_console(one.client_tag)
    sides.simulator.set_faults({"kind": kind, "endpoint": "checkreservation"})

    with pytest.raises(ProviderError):
        sides.compare_reservations(one.send_at.date())

    assert sides.message(one).state is State.SCHEDULED


@pytest.mark.parametrize("kind", ["broken_json", "error_after", "html", "rows_of_others"])
def test_unclear_lookup_changes_no_state(sides: Sides, kind: str) -> None:
    one = _reserved(sides)
    assert one.send_at is not None
    sides.simulator.cancel_in_console(one.client_tag)
    sides.simulator.set_faults({"kind": kind, "endpoint": "status"})

    for _ in range(2):
        sides.compare_reservations(one.send_at.date())
        sides.let_lag_pass(one)

    assert sides.message(one).state is (State.CANCELED if kind == "rows_of_others" else State.SCHEDULED)
