"""Cancellations of single reservations by a provider that answers unclearly."""

from datetime import timedelta

import pytest
from tests.support.sides import Sides

from zettai import State
from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.times import to_milliseconds
from zettai_worker.following.schedule import LAST_QUESTION


def _reserved(sides: Sides, **keywords: str) -> NewMessage:
    """Return a reservation whose cancellation is requested."""
    one = sides.record(State.SCHEDULED, send_at=sides.later(), **keywords)
    sides.send_unrecorded(one)
    assert sides.store.cancel([one.client_tag]) == ["reserved"]
    return one


def _cancel(sides: Sides, *messages: NewMessage) -> None:
    sides.work(sides.runtime.canceler, *messages)


def test_reservation_is_canceled_by_one_call(sides: Sides) -> None:
    one = _reserved(sides)

    _cancel(sides, one)

    assert (sides.message(one).state, sides.message(one).calls) == (State.CANCELED, 1)
    assert sides.simulator.record_of(one.client_tag)["state"] == "cancelled"


@pytest.mark.parametrize("kind", ["cut_after", "http_after", "code_after"])
def test_cancel_whose_answer_is_lost_is_proven_by_two_lookups(sides: Sides, kind: str) -> None:
    one = _reserved(sides)
    sides.simulator.set_faults({"kind": kind, "endpoint": "cancelreservation"})

    _cancel(sides, one)
    _cancel(sides, one)
    assert sides.message(one).state is State.SCHEDULED
    sides.let_lag_pass(one)
    _cancel(sides, one)

    assert (sides.message(one).state, sides.message(one).reason) == (State.CANCELED, "on request")
    assert sides.calls_of("cancelreservation") == 1
    assert sides.message(one).calls == 7


def test_first_try_is_urgent_and_its_repeats_are_not(sides: Sides) -> None:
    one = _reserved(sides)
    sides.simulator.set_faults({"kind": "code", "code": 200, "endpoint": "cancelreservation", "times": 1})
    before = sides.slots_of(Lane.URGENT)

    _cancel(sides, one)
    assert (sides.slots_of(Lane.URGENT) - before, sides.slots_of(Lane.STATUS)) == (2, 0)
    _cancel(sides, one)

    assert (sides.slots_of(Lane.URGENT) - before, sides.slots_of(Lane.STATUS)) == (2, 1)
    assert sides.message(one).state is State.CANCELED


@pytest.mark.parametrize("code", [110, 200, 310, 500])
def test_unclear_refusal_never_cancels_a_reservation_that_is_listed(sides: Sides, code: int) -> None:
    one = _reserved(sides)
    sides.simulator.set_faults({"kind": "code", "code": code, "endpoint": "cancelreservation"})

    for _ in range(3):
        _cancel(sides, one)
        sides.let_lag_pass(one)
    assert (sides.message(one).state, sides.message(one).calls) == (State.SCHEDULED, 6)
    sides.simulator.set_faults()
    _cancel(sides, one)

    assert sides.message(one).state is State.CANCELED


@pytest.mark.parametrize("code", [110, 140, 200, 310])
def test_refused_lookup_is_no_empty_one(sides: Sides, code: int) -> None:
    one = _reserved(sides)
    sides.simulator.set_faults(
        {"kind": "code_after", "code": 200, "endpoint": "cancelreservation"},
        {"kind": "code", "code": code, "endpoint": "checkreservation"},
    )

    for _ in range(3):
        _cancel(sides, one)
        sides.let_lag_pass(one)

    assert (sides.message(one).state, sides.message(one).not_found_since) == (State.SCHEDULED, None)


def test_reservation_that_is_listed_again_is_canceled_again(sides: Sides) -> None:
    """Its first look-up found nothing, because the provider's list was out of date."""
    one = _reserved(sides)
    sides.simulator.set_faults(
        {"kind": "code", "code": 200, "endpoint": "cancelreservation", "times": 1},
        {"kind": "rows_missing", "endpoint": "checkreservation", "times": 1},
    )

    _cancel(sides, one)
    assert sides.message(one).not_found_since is not None
    _cancel(sides, one)

    assert sides.message(one).state is State.CANCELED
    assert sides.simulator.record_of(one.client_tag)["state"] == "cancelled"


def test_message_that_was_sent_is_too_late(sides: Sides) -> None:
    one = _reserved(sides)
    sides.simulator.make_due(one.client_tag)
    sides.simulator.set_faults({"kind": "code", "code": 999, "endpoint": "cancelreservation"})

    _cancel(sides, one)

    assert (sides.message(one).state, sides.message(one).reason) == (State.ACCEPTED, "too late to cancel")


@pytest.mark.parametrize("reason", ["open circuit", "no calls left"])
def test_cancel_without_a_call_ends_after_the_send_time(sides: Sides, reason: str) -> None:
    one = _reserved(sides)
    key = sides.store.keys.message(one.client_tag)
    if reason == "open circuit":
        sides.store.suspend("provider down", retry_in=timedelta(hours=1), circuit_open=True)
    else:
        sides.store.redis.hset(key, "calls", LAST_QUESTION)

    _cancel(sides, one)
    assert sides.message(one).state is State.SCHEDULED
    sides.store.redis.hset(key, "send_at", to_milliseconds(sides.store.now() - timedelta(hours=1)))
    _cancel(sides, one)

    assert (sides.message(one).state, sides.message(one).reason) == (State.ACCEPTED, "send time reached")
    assert sides.calls_of("cancelreservation") == 0
