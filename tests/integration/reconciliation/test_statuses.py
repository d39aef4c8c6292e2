"""The day's statuses: each message that the provider has sent, beside what the store says of it."""

from datetime import timedelta

import pytest
from tests.integration.reconciliation.conftest import Desk
from tests.support.store_helpers import new_message

from zettai import State
from zettai.core.store import StateUpdate
from zettai.core.times import to_milliseconds
from zettai_worker.reconciliation import What


@pytest.mark.parametrize(
    "states",
    [(), (State.HELD,), (State.SUBMIT_UNKNOWN,)],
    ids=["queued", "held", "in doubt"],
)
def test_what_counts_as_unsent_and_was_taken_is_not_sent_again(desk: Desk, states: tuple[State, ...]) -> None:
    """A Redis that lost its last second: the record catches up, without another request to send."""
    if states == (State.HELD,):
        desk.store.suspend("test", retry_in=timedelta(minutes=1))
        one = desk.record()
        desk.store.claim([one.client_tag], "t", claim_timeout=timedelta(minutes=1), held_for=timedelta(minutes=1))
        assert desk.message(one).state is State.HELD
    else:
        one = desk.record(*states)
    desk.give(one)

    [difference] = desk.compare_statuses()

    assert difference.what is What.TAKEN_UNRECORDED
    assert [event.state for event in desk.message(one).history][-2:] == [State.ACCEPTED, State.DELIVERED]
    assert not desk.store.redis.exists(desk.store.keys.body(one.client_tag))
    assert desk.simulator.record_of(one.client_tag)["requests"] == 1


@pytest.mark.parametrize("changes", [{"phone_number": "+819012345679"}, {"message": "another"}])
def test_a_tag_of_somebody_else_is_a_conflict(desk: Desk, changes: dict[str, str]) -> None:
    """Another number or text under the same tag is another message, so ours was never sent."""
    one = desk.record()
    desk.give(one, **changes)

    [difference] = desk.compare_statuses()

    assert difference.what is What.TAG_CONFLICT
    assert (desk.message(one).state, desk.message(one).reason) == (State.FAILED, "tag_conflict")
    assert desk.compare_statuses() == []


@pytest.mark.parametrize("end", [State.UNDELIVERED, State.DELIVERY_UNKNOWN])
def test_a_late_success_is_raised(desk: Desk, end: State) -> None:
    """Final without success here, delivered there."""
    one = desk.record(State.ACCEPTED, end)
    desk.give(one)

    [difference] = desk.compare_statuses()

    assert (difference.what, desk.message(one).state) == (What.RAISED, State.DELIVERED)


@pytest.mark.parametrize(
    ("number", "end"), [("09012345678", State.DELIVERED), ("09012345732", State.UNDELIVERED)], ids=["good", "bad"]
)
def test_what_is_under_way_moves_on(desk: Desk, number: str, end: State) -> None:
    """As far as the provider tells, with the carrier's words."""
    one = desk.record(State.ACCEPTED, to=number)
    desk.give(one)

    [difference] = desk.compare_statuses()

    assert (difference.what, desk.message(one).state) == (What.MOVED_ON, end)


def test_a_reservation_that_was_sent_early_moves_on(desk: Desk) -> None:
    """Somebody sent it from the console."""
    one = desk.record(State.SCHEDULED, send_at=desk.later())
    desk.give(one)
    desk.simulator.make_due(one.client_tag)

    desk.compare_statuses()

    assert [event.state for event in desk.message(one).history][-2:] == [State.ACCEPTED, State.DELIVERED]


def test_success_is_never_taken_back(desk: Desk) -> None:
    """Delivered here and failed there is told, and changes nothing."""
    one = desk.record(State.ACCEPTED, State.DELIVERED, to="09012345732")
    desk.give(one)

    [difference] = desk.compare_statuses()

    assert (difference.what, difference.action) == (What.CONTRADICTED, "report")
    assert desk.message(one).state is State.DELIVERED


def test_an_unknown_tag_is_told_and_not_touched(desk: Desk) -> None:
    """Its tag alone: neither number nor text are in what is told."""
    one = new_message(client_tag="unknown")
    desk.give(one)

    [difference] = desk.compare_statuses()

    assert difference.to_dict() == {
        "client_tag": "unknown",
        "what": "unknown_here",
        "store": None,
        "provider": "sent, statusId 2",
        "action": "report",
    }
    assert desk.store.get(["unknown"]) == [None]


def test_a_broken_promise_is_marked(desk: Desk) -> None:
    """Never sent, said the store, and the provider has it: the state stays, and nobody sends it again unawares."""
    one = desk.record(State.REJECTED)
    desk.give(one)

    [difference] = desk.compare_statuses()

    assert difference.what is What.PROMISE_BROKEN
    message = desk.message(one)
    assert (message.state, message.contradicted) == (State.REJECTED, True)


def test_what_a_worker_has_in_hand_is_left_to_it(desk: Desk) -> None:
    """Its answer is a moment away."""
    one = desk.record(State.SUBMITTING)
    desk.give(one)

    assert desk.compare_statuses() == []
    assert desk.message(one).state is State.SUBMITTING


def test_what_the_provider_lost_is_told(desk: Desk) -> None:
    """Accepted yesterday at noon, and not in the list of that day."""
    one = desk.record(State.ACCEPTED)
    noon = desk.store.now().replace(hour=12, minute=0) - timedelta(days=1)
    desk.store.apply_updates(
        [
            StateUpdate(
                client_tag=one.client_tag,
                expected_states=frozenset({State.ACCEPTED}),
                fields={"sent": to_milliseconds(noon)},
                due_in=timedelta(hours=1),
            )
        ]
    )

    [[difference]] = [batch for batch in desk.comparison.statuses(noon.date()) if batch]

    assert (difference.what, difference.action) == (What.MISSING_THERE, "report")


def test_a_message_just_accepted_is_not_missed(desk: Desk) -> None:
    """The provider's list may be a moment behind."""
    desk.record(State.ACCEPTED)

    assert desk.compare_statuses() == []


def test_two_runs_at_once_change_a_message_once(desk: Desk) -> None:
    """Both see the same; whoever comes second changes nothing."""
    one = desk.record()
    desk.give(one)
    [first, *_], [second, *_] = desk.comparison.statuses(desk.today), desk.comparison.statuses(desk.today)

    assert [len(desk.comparison.apply_updates(one)) for one in (first, second)] == [1, 0]
    assert [event.state for event in desk.message(one).history] == [State.QUEUED, State.ACCEPTED, State.DELIVERED]


def test_many_messages_cost_one_call(desk: Desk) -> None:
    """However many batches they are, and whoever has sent them."""
    messages = [desk.record(State.ACCEPTED, to=f"0901234{number:04}") for number in range(620)]
    for one in messages[:30]:
        desk.give(one)
    before = desk.simulator.stats()["calls"].get("status", {})

    assert len(desk.compare_statuses()) == 30

    assert sum(desk.simulator.stats()["calls"]["status"].values()) == sum(before.values()) + 1
