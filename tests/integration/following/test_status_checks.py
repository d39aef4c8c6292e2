"""Status checks with a provider that answers unclearly, late or not at all."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.support.sides import Sides
from tests.support.store_helpers import new_message

from zettai import State
from zettai.core.carriers import Carrier
from zettai.core.new_message import NewMessage
from zettai.core.tasks import TaskName
from zettai_worker.following.schedule import CALL_BUDGET
from zettai_worker.reconciliation.reconciler import BY_DAY_FROM

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

UNCLEAR = {
    "an empty number": {"kind": "rows_without_number"},
    "an unreadable row": {"kind": "rows_unreadable"},
    "code 110": {"kind": "code", "code": 110},
    "an unknown code": {"kind": "code", "code": 999},
    "HTTP 500": {"kind": "http", "status": 500},
    "HTTP 403": {"kind": "http", "status": 403},
    "no JSON": {"kind": "html"},
    "no row": {"kind": "rows_missing"},
}


def _accepted(sides: Sides, number: int = 0) -> NewMessage:
    one = sides.record(State.ACCEPTED, to=f"0901234{number:04}")
    sides.send_unrecorded(one)
    return one


def _check(sides: Sides, *messages: NewMessage) -> None:
    sides.work(sides.runtime.status_checker, *messages)


@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR)
def test_message_ends_by_time_alone_whatever_the_provider_answers(sides: Sides, fault: dict[str, object]) -> None:
    sides.simulator.set_faults({**fault, "endpoint": "status"})
    one = _accepted(sides)
    overdue_after = None

    passed = timedelta()
    while sides.message(one).state is State.ACCEPTED:
        wait = sides.until_due(one) + SECOND
        passed += wait
        sides.let_time_pass(one, wait)
        _check(sides, one)
        if sides.message(one).overdue and overdue_after is None:
            overdue_after = passed

    message = sides.message(one)
    assert (message.state, message.reason) == (State.DELIVERY_UNKNOWN, "no answer in time")
    assert overdue_after is not None
    assert abs(overdue_after - 25 * MINUTE) < 2 * MINUTE
    assert abs(passed - 78 * HOUR) < 2 * MINUTE
    assert 10 < message.calls == sides.calls_of("status") <= CALL_BUDGET * 2 / 3


def _check_by_day(sides: Sides, one: NewMessage) -> None:
    sides.runtime.day_checker.check_day(sides.today, [one.client_tag])


CHECKS = pytest.mark.parametrize("check", [_check, _check_by_day], ids=["by tag", "by day"])


@CHECKS
def test_message_ends_while_the_circuit_is_open(sides: Sides, check: Callable[..., None]) -> None:
    one = _accepted(sides)
    sides.store.suspend("provider down", retry_in=HOUR, circuit_open=True)
    sides.simulator.set_faults({"kind": "http", "status": 500, "endpoint": "status"})

    sides.let_time_pass(one, 26 * MINUTE)
    check(sides, one)
    assert sides.message(one).overdue
    assert sides.calls_of("status") == 0
    sides.let_time_pass(one, 78 * HOUR)
    check(sides, one)

    assert sides.message(one).state is State.DELIVERY_UNKNOWN


@CHECKS
def test_last_check_asks_even_while_the_circuit_is_open(sides: Sides, check: Callable[..., None]) -> None:
    one = _accepted(sides)
    sides.store.suspend("provider down", retry_in=HOUR, circuit_open=True)

    sides.let_time_pass(one, 72 * HOUR)
    check(sides, one)

    assert sides.message(one).state is State.DELIVERED


@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR)
def test_last_check_is_repeated_until_an_answer_shows_the_message(sides: Sides, fault: dict[str, object]) -> None:
    one = _accepted(sides)
    sides.simulator.set_faults({**fault, "endpoint": "status", "times": 2})

    sides.let_time_pass(one, 72 * HOUR)
    for _ in range(2):
        _check(sides, one)
        assert sides.message(one).state is State.ACCEPTED
        sides.let_time_pass(one, sides.until_due(one) + SECOND)
    _check(sides, one)

    assert sides.message(one).state is State.DELIVERED


def test_last_check_asks_by_tag_if_that_of_the_day_fails(sides: Sides) -> None:
    one = _accepted(sides)
    sides.simulator.set_faults({"kind": "http", "status": 500, "endpoint": "status", "times": 1})

    sides.let_time_pass(one, 72 * HOUR)
    _check_by_day(sides, one)

    assert sides.message(one).state is State.DELIVERED
    assert sides.calls_of("status") == 2


@pytest.mark.parametrize("kind", ["rows_of_others", "rows_twice"])
@pytest.mark.parametrize("by_day", [False, True], ids=["by tag", "by day"])
def test_only_rows_of_the_message_count_and_delivered_wins(sides: Sides, kind: str, *, by_day: bool) -> None:
    sides.simulator.set_faults({"kind": kind, "endpoint": "status"})
    one = _accepted(sides)

    if by_day:
        sides.runtime.day_checker.check_day(sides.today, [one.client_tag])
    else:
        _check(sides, one)

    assert sides.message(one).state is State.DELIVERED


def test_carrier_that_the_provider_found_is_recorded_at_the_end(sides: Sides) -> None:
    one = _accepted(sides)

    _check(sides, one)

    message = sides.message(one)
    assert (message.carrier, message.carrier_found) == (None, Carrier.DOCOMO)
    assert message.to_dict()["carrier_found"] == "docomo"


def test_row_with_another_number_says_nothing(sides: Sides) -> None:
    one = sides.record(State.ACCEPTED)
    sides.send_unrecorded(one, phone_number="09012349999")

    _check(sides, one)

    assert sides.message(one).state is State.ACCEPTED


def test_number_without_country_code_is_the_same(sides: Sides) -> None:
    sides.simulator.set_behavior(local_numbers=True, rewrites=True, prefix_match=True)
    one = _accepted(sides)
    sides.send_unrecorded(new_message(client_tag=f"{one.client_tag}-2", to="09012349732"))

    _check(sides, one)

    assert sides.message(one).state is State.DELIVERED


def test_after_a_failed_day_each_message_is_checked_by_its_tag(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at once in the same task, which would take minutes, but each when it is due."""
    messages = [_accepted(sides, number) for number in range(BY_DAY_FROM)]
    tags = [one.client_tag for one in messages]
    sides.simulator.set_faults({"kind": "http", "status": 500, "endpoint": "status", "times": 1})

    sides.runtime.day_checker.check_day(sides.today, tags)
    sides.runtime.day_checker.check_day(sides.today, tags)

    assert sides.calls_of("status") == 1
    assert all(sides.message(one).state is State.ACCEPTED for one in messages)
    published: list[str] = []
    monkeypatch.setattr(sides.runtime.publisher, "publish", lambda task, *_: published.append(task))
    for one in messages:
        assert sides.until_due(one) <= 30 * SECOND
        sides.let_time_pass(one, MINUTE)
    sides.runtime.reconciler.publish_due()
    assert set(published) == {TaskName.CHECK}
    _check(sides, *messages)
    assert all(sides.message(one).state is State.DELIVERED for one in messages)
