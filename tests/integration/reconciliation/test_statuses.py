"""Comparisons of the statuses of a day."""

from datetime import timedelta

import pytest
from tests.support.sides import Sides
from tests.support.store_helpers import new_message

from zettai import State
from zettai.core.store import StateUpdate
from zettai.core.times import to_milliseconds
from zettai_worker.reconciliation import DifferenceKind


@pytest.mark.parametrize(
    "states",
    [(), (State.HELD,), (State.SUBMIT_UNKNOWN,)],
    ids=["queued", "held", "outcome unknown"],
)
def test_unsent_message_that_the_provider_has_is_not_sent_again(sides: Sides, states: tuple[State, ...]) -> None:
    if states == (State.HELD,):
        sides.store.suspend("test", retry_in=timedelta(minutes=1))
        one = sides.record()
        sides.store.claim([one.client_tag], "t", claim_timeout=timedelta(minutes=1), held_for=timedelta(minutes=1))
        assert sides.message(one).state is State.HELD
    else:
        one = sides.record(*states)
    sides.send_unrecorded(one)

    [difference] = sides.compare_statuses()

    assert difference.kind is DifferenceKind.TAKEN_UNRECORDED
    assert [event.state for event in sides.message(one).history][-2:] == [State.ACCEPTED, State.DELIVERED]
    assert not sides.store.redis.exists(sides.store.keys.body(one.client_tag))
    assert sides.simulator.record_of(one.client_tag)["requests"] == 1


@pytest.mark.parametrize("changes", [{"phone_number": "+819012345679"}, {"message": "another"}])
def test_another_message_under_the_tag_is_a_conflict(sides: Sides, changes: dict[str, str]) -> None:
    one = sides.record()
    sides.send_unrecorded(one, **changes)

    [difference] = sides.compare_statuses()

    assert difference.kind is DifferenceKind.TAG_CONFLICT
    assert (sides.message(one).state, sides.message(one).reason) == (State.FAILED, "tag_conflict")


def test_rewritten_message_is_no_conflict(sides: Sides) -> None:
    sides.simulator.set_behavior(rewrites=True, local_numbers=True)
    one = sides.record(State.SUBMIT_UNKNOWN, body=" https://ai9.jp/0PT0UT\r\n😀")
    sides.send_unrecorded(one)

    [difference] = sides.compare_statuses()

    assert (difference.kind, sides.message(one).state) == (DifferenceKind.TAKEN_UNRECORDED, State.DELIVERED)


def test_tag_conflict_whose_message_was_delivered_is_a_broken_promise(sides: Sides) -> None:
    sides.simulator.set_behavior(rewrites=True)
    one = sides.record(State.SUBMIT_UNKNOWN, body="rewritten ")
    sides.send_unrecorded(one)
    unknown = frozenset({State.SUBMIT_UNKNOWN})
    sides.store.apply_updates(
        [StateUpdate(client_tag=one.client_tag, expected_states=unknown, to=State.FAILED, reason="tag_conflict")]
    )

    [difference] = sides.compare_statuses()

    assert difference.kind is DifferenceKind.PROMISE_BROKEN
    assert sides.message(one).contradicted


def test_delivered_row_wins_among_the_rows_of_a_tag(sides: Sides) -> None:
    sides.simulator.set_faults({"kind": "rows_twice", "endpoint": "status"})
    one = sides.record(State.ACCEPTED)
    sides.send_unrecorded(one)

    [difference] = sides.compare_statuses()

    assert (difference.kind, sides.message(one).state) == (DifferenceKind.MOVED_ON, State.DELIVERED)


def test_nothing_is_missing_in_a_list_with_unreadable_rows(sides: Sides) -> None:
    listed, missing = sides.record(State.ACCEPTED, to="09012340001"), sides.record(State.ACCEPTED, to="09012340002")
    sides.send_unrecorded(listed)
    sides.send_unrecorded(new_message(to="09012340003"))
    for one in (listed, missing):
        sides.store.redis.hset(
            sides.store.keys.message(one.client_tag), "sent", to_milliseconds(sides.store.now() - timedelta(minutes=6))
        )
    sides.simulator.set_faults({"kind": "rows_unreadable", "endpoint": "status", "suffix": "0003"})

    assert [one.client_tag for one in sides.compare_statuses()] == [listed.client_tag]


@pytest.mark.parametrize("end", [State.UNDELIVERED, State.DELIVERY_UNKNOWN])
def test_late_delivery_replaces_a_final_state_without_success(sides: Sides, end: State) -> None:
    one = sides.record(State.ACCEPTED, end)
    sides.send_unrecorded(one)

    [difference] = sides.compare_statuses()

    assert (difference.kind, sides.message(one).state) == (DifferenceKind.RAISED, State.DELIVERED)


@pytest.mark.parametrize(
    ("number", "end"), [("09012345678", State.DELIVERED), ("09012345732", State.UNDELIVERED)], ids=["good", "bad"]
)
def test_message_at_the_provider_gets_its_final_status(sides: Sides, number: str, end: State) -> None:
    one = sides.record(State.ACCEPTED, to=number)
    sides.send_unrecorded(one)

    [difference] = sides.compare_statuses()

    assert (difference.kind, sides.message(one).state) == (DifferenceKind.MOVED_ON, end)


def test_reservation_that_was_sent_early_gets_its_final_status(sides: Sides) -> None:
    one = sides.record(State.SCHEDULED, send_at=sides.later())
    sides.send_unrecorded(one)
    sides.simulator.make_due(one.client_tag)

    sides.compare_statuses()

    assert [event.state for event in sides.message(one).history][-2:] == [State.ACCEPTED, State.DELIVERED]


def test_delivered_message_stays_delivered(sides: Sides) -> None:
    one = sides.record(State.ACCEPTED, State.DELIVERED, to="09012345732")
    sides.send_unrecorded(one)

    [difference] = sides.compare_statuses()

    assert (difference.kind, difference.action) == (DifferenceKind.CONTRADICTED, "report")
    assert sides.message(one).state is State.DELIVERED


def test_unknown_tag_is_reported_and_not_recorded(sides: Sides) -> None:
    one = new_message(client_tag="unknown")
    sides.send_unrecorded(one)

    [difference] = sides.compare_statuses()

    assert difference.to_dict() == {
        "client_tag": "unknown",
        "what": "unknown_here",
        "store": None,
        "provider": "sent, statusId 2",
        "action": "report",
    }
    assert sides.store.get(["unknown"]) == [None]


def test_broken_promise_is_marked_and_keeps_its_state(sides: Sides) -> None:
    one = sides.record(State.REJECTED)
    sides.send_unrecorded(one)

    [difference] = sides.compare_statuses()

    assert difference.kind is DifferenceKind.PROMISE_BROKEN
    message = sides.message(one)
    assert (message.state, message.contradicted) == (State.REJECTED, True)


def test_claimed_message_is_skipped(sides: Sides) -> None:
    one = sides.record(State.SUBMITTING)
    sides.send_unrecorded(one)

    assert sides.compare_statuses() == []
    assert sides.message(one).state is State.SUBMITTING


def test_accepted_message_that_the_provider_lost_is_reported(sides: Sides) -> None:
    one = sides.record(State.ACCEPTED)
    noon = sides.store.now().replace(hour=12, minute=0) - timedelta(days=1)
    sides.store.apply_updates(
        [
            StateUpdate(
                client_tag=one.client_tag,
                expected_states=frozenset({State.ACCEPTED}),
                fields={"sent": to_milliseconds(noon)},
                due_in=timedelta(hours=1),
            )
        ]
    )

    [[difference]] = [batch for batch in sides.comparison.statuses(noon.date()) if batch]

    assert (difference.kind, difference.action) == (DifferenceKind.MISSING_THERE, "report")


def test_message_accepted_a_moment_ago_is_not_reported_as_missing(sides: Sides) -> None:
    sides.record(State.ACCEPTED)

    assert sides.compare_statuses() == []


def test_two_runs_at_once_correct_a_message_once(sides: Sides) -> None:
    one = sides.record()
    sides.send_unrecorded(one)
    [first, *_], [second, *_] = (
        sides.comparison.statuses(sides.today),
        sides.comparison.statuses(sides.today),
    )

    assert [len(sides.comparison.correct(one)) for one in (first, second)] == [1, 0]
    assert [event.state for event in sides.message(one).history] == [
        State.QUEUED,
        State.ACCEPTED,
        State.DELIVERED,
    ]


def test_comparison_of_many_messages_makes_one_call(sides: Sides) -> None:
    messages = [sides.record(State.ACCEPTED, to=f"0901234{number:04}") for number in range(620)]
    for one in messages[:30]:
        sides.send_unrecorded(one)
    before = sides.simulator.stats()["calls"].get("status", {})

    assert len(sides.compare_statuses()) == 30

    assert sum(sides.simulator.stats()["calls"]["status"].values()) == sum(before.values()) + 1
