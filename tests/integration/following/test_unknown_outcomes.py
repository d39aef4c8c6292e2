"""Look-ups of messages whose outcome is unknown, and that must not be sent again."""

from datetime import timedelta

import pytest
from tests.support.sides import Sides

from zettai import State
from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.store import StateUpdate
from zettai.core.tasks import TaskName
from zettai_worker.following.schedule import CALL_BUDGET

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

UNCLEAR = {
    "no row": {"kind": "rows_missing"},
    "code 110": {"kind": "code", "code": 110},
    "HTTP 500": {"kind": "http", "status": 500},
    "an unreadable row": {"kind": "rows_unreadable"},
}


def _unknown(sides: Sides, **keywords: object) -> NewMessage:
    """Return a one-time password whose outcome is unknown."""
    return sides.record(State.SUBMIT_UNKNOWN, **{"lane": Lane.URGENT, "expires_in": 10 * MINUTE, **keywords})


def _publish_due(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Let beat publish what is due, and return the tasks and their lanes."""
    published: list[tuple[str, str]] = []
    monkeypatch.setattr(sides.runtime.publisher, "publish", lambda task, lane, *_: published.append((task, lane)))
    sides.runtime.reconciler.publish_due()
    return published


def _look_up(sides: Sides, one: NewMessage) -> None:
    sides.work(sides.runtime.unknown_outcomes, one)


@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR)
@pytest.mark.parametrize("canceled", [False, True], ids=["expired", "cancel requested"])
def test_look_ups_end_within_their_budget_and_leave_the_urgent_lane_free(
    sides: Sides, monkeypatch: pytest.MonkeyPatch, fault: dict[str, object], *, canceled: bool
) -> None:
    one = _unknown(sides, expires_in=24 * HOUR if canceled else 10 * MINUTE)
    sides.send_unrecorded(one)
    sides.simulator.set_faults({**fault, "endpoint": "status"})
    if canceled:
        sides.store.cancel([one.client_tag])
    else:
        sides.let_time_pass(one, 10 * MINUTE)

    passed, questions = timedelta(), 0
    while sides.message(one).state is State.SUBMIT_UNKNOWN:
        wait = max(sides.until_due(one), timedelta()) + SECOND
        passed += wait
        sides.let_time_pass(one, wait)
        assert _publish_due(sides, monkeypatch) in ([], [(TaskName.LOOK_UP, Lane.STATUS)])
        _look_up(sides, one)
        questions += 1

    message = sides.message(one)
    if canceled and fault["kind"] == "rows_missing":
        assert (message.state, message.reason) == (State.CANCELED, "on request")
    else:
        assert message.state is State.DELIVERY_UNKNOWN
        assert passed < (24 + 73 if canceled else 73) * HOUR
    assert message.calls == sides.calls_of("status") <= CALL_BUDGET / 2
    assert questions <= CALL_BUDGET
    assert (sides.slots_of(Lane.URGENT), sides.slots_of(Lane.STATUS)) == (0, message.calls)


def test_message_that_shows_up_is_accepted(sides: Sides) -> None:
    sides.simulator.set_behavior(rewrites=True, local_numbers=True)
    one = _unknown(sides, body=" rewritten\r\n")
    _look_up(sides, one)
    assert sides.message(one).not_found_since is not None
    sides.send_unrecorded(one)
    _look_up(sides, one)

    assert (sides.message(one).state, sides.message(one).not_found_since) == (State.ACCEPTED, None)


@pytest.mark.parametrize(
    ("fields", "end"),
    [({"tag_used": 1}, State.FAILED), ({"refused": "110 Invalid phoneNumber."}, State.REJECTED)],
    ids=["tag used", "refused"],
)
def test_two_empty_look_ups_prove_the_end(sides: Sides, fields: dict[str, str | int], end: State) -> None:
    one = _unknown(sides)
    unknown = frozenset({State.SUBMIT_UNKNOWN})
    sides.store.apply_updates([StateUpdate(client_tag=one.client_tag, expected_states=unknown, fields=fields)])

    _look_up(sides, one)
    _look_up(sides, one)
    assert sides.message(one).state is State.SUBMIT_UNKNOWN
    sides.let_lag_pass(one)
    _look_up(sides, one)

    assert sides.message(one).state is end


def test_nothing_is_asked_while_the_circuit_is_open(sides: Sides) -> None:
    one = _unknown(sides)
    sides.store.suspend("provider down", retry_in=HOUR, circuit_open=True)

    _look_up(sides, one)

    assert sides.calls_of("status") == 0
    assert sides.until_due(one) > 29 * SECOND
