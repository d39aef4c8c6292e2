"""Cancels in each state: the outcome agrees with the provider."""

from contextlib import closing
from datetime import timedelta

import pytest
from tests.support.stack import TAKEN, Stack, eventually

from zettai import CancelOutcome, Lane, Message, State
from zettai.core.publisher import Publisher
from zettai.core.tasks import TaskName
from zettai.core.times import now
from zettai_cli.messages.cancel_all_reservations import cancel_reservations
from zettai_cli.shared.exits import Failure


def _reserve(stack: Stack, number: str, group: str | None = None) -> Message:
    message = stack.client.send(number, "reserved", send_at=now() + timedelta(hours=2), group=group)
    return stack.wait_for_state(message, State.SCHEDULED)


def test_queued_message_is_canceled_and_never_sent(own_stack: Stack) -> None:
    message = own_stack.client.send("09033330001", "never")

    assert own_stack.client.cancel(message.client_tag) is CancelOutcome.CANCELED

    own_stack.start_worker()
    own_stack.start_beat()
    probe = own_stack.client.send("09033330002", "after it")
    own_stack.wait_for_state(probe, *TAKEN)
    assert own_stack.client.cancel(message.client_tag) is CancelOutcome.CANCELED
    assert {one["clientTag"] for one in own_stack.simulator.records()} == {probe.client_tag}


def test_reservation_is_canceled_at_the_provider(stack: Stack) -> None:
    message = _reserve(stack, "09033330003")

    assert stack.client.cancel(message.client_tag) is CancelOutcome.PENDING

    assert stack.wait_for_state(message).state is State.CANCELED
    assert stack.record_of(message)["state"] == "cancelled"
    assert stack.client.cancel(message.client_tag) is CancelOutcome.CANCELED


def test_cancel_of_a_sent_reservation_is_too_late(stack: Stack) -> None:
    message = _reserve(stack, "09033330004")
    stack.simulator.make_due(message.client_tag)

    assert stack.client.cancel(message.client_tag) is CancelOutcome.PENDING

    eventually(
        lambda: stack.client.cancel(message.client_tag) is CancelOutcome.TOO_LATE,
        "the cancel is too late",
    )
    assert stack.wait_for_state(message).state is State.DELIVERED
    assert stack.record_of(message)["state"] == "sent"


@pytest.mark.parametrize("kind", ["cut_after", "error_after", "cut_before", "unavailable", "broken_json"])
def test_cancel_without_a_clear_response_is_looked_up(stack: Stack, kind: str) -> None:
    """If the provider did not cancel the reservation, the call is repeated."""
    message = _reserve(stack, "09033330005")
    stack.simulator.set_faults({"kind": kind, "endpoint": "cancelreservation", "suffix": "0005", "times": 1})

    stack.client.cancel(message.client_tag)

    assert stack.wait_for_state(message).state is State.CANCELED
    assert stack.record_of(message)["state"] == "cancelled"


def test_cancel_of_an_accepted_message_is_too_late(stack: Stack) -> None:
    message = stack.client.send("09033330006", "gone")
    stack.wait_for_state(message, *TAKEN)

    assert stack.client.cancel(message.client_tag) is CancelOutcome.TOO_LATE


def test_unknown_tag_is_not_found(stack: Stack) -> None:
    assert stack.client.cancel("never-heard-of") is CancelOutcome.NOT_FOUND


def test_reservation_in_flight_is_canceled_when_it_is_made(stack: Stack) -> None:
    """The response to the reservation is delayed, and the caller cancels meanwhile."""
    stack.simulator.set_faults({"kind": "hang_after", "suffix": "0007", "times": 1})
    message = stack.client.send("09033330007", "in flight", send_at=now() + timedelta(hours=2))
    stack.wait_for_state(message, State.SUBMITTING)

    assert stack.client.cancel(message.client_tag) is CancelOutcome.PENDING

    assert stack.wait_for_state(message).state is State.CANCELED
    assert stack.record_of(message)["state"] == "cancelled"


def test_reservation_with_unknown_outcome_is_canceled(stack: Stack) -> None:
    """The provider has no record of it, which proves nothing. The reservation is repeated and then canceled."""
    stack.simulator.set_faults({"kind": "cut_before", "suffix": "0010"})
    message = stack.client.send("09033330010", "cut off", send_at=now() + timedelta(hours=2))
    stack.wait_for_state(message, State.SUBMIT_UNKNOWN)

    assert stack.client.cancel(message.client_tag) is CancelOutcome.PENDING
    stack.simulator.set_faults()

    assert stack.wait_for_state(message).state is State.CANCELED
    assert stack.record_of(message)["state"] == "cancelled"


def test_reservation_canceled_at_the_provider_before_its_lookup_is_canceled(stack: Stack) -> None:
    """The provider refuses its tag and returns no record of it."""
    stack.simulator.set_faults({"kind": "cut_after", "suffix": "0011"})
    message = stack.client.send("09033330011", "taken in silence", send_at=now() + timedelta(hours=2))
    stack.wait_for_state(message, State.SUBMIT_UNKNOWN)
    stack.simulator.cancel_in_console(message.client_tag)

    assert stack.client.cancel(message.client_tag) is CancelOutcome.PENDING
    stack.simulator.set_faults()

    assert stack.wait_for_state(message).state is State.CANCELED
    assert stack.record_of(message)["state"] == "cancelled"


def test_cancel_of_a_message_in_flight_that_is_accepted_is_too_late(stack: Stack) -> None:
    stack.simulator.set_faults({"kind": "hang_after", "suffix": "0008", "times": 1})
    message = stack.client.send("09033330008", "in flight")
    stack.wait_for_state(message, State.SUBMITTING)

    assert stack.client.cancel(message.client_tag) is CancelOutcome.PENDING

    assert stack.wait_for_state(message).state is State.DELIVERED
    assert stack.client.cancel(message.client_tag) is CancelOutcome.TOO_LATE


def test_outcomes_agree_with_the_provider_while_workers_send(stack: Stack) -> None:
    messages = [stack.client.send(f"0903334{number:04}", "raced") for number in range(60)]

    outcomes = {message.client_tag: stack.client.cancel(message.client_tag) for message in reversed(messages)}

    for message in messages:
        ended = stack.wait_for_state(message)
        taken = ended.client_tag in {one["clientTag"] for one in stack.simulator.records()}
        assert (ended.state is State.CANCELED) is not taken
        if outcomes[message.client_tag] is CancelOutcome.CANCELED:
            assert not taken


def test_group_is_canceled_together(stack: Stack) -> None:
    """One call cancels the reservations of the group. Other reservations stay."""
    ours = [_reserve(stack, f"0903335{number:04}", group="launch") for number in range(5)]
    other = _reserve(stack, "09033360001", group="other")
    before = stack.simulator.stats()["calls"].get("cancelreservation", {})

    counts = stack.client.cancel_group("launch")

    assert counts.pending == len(ours)
    for message in ours:
        assert stack.wait_for_state(message).state is State.CANCELED
        assert stack.record_of(message)["state"] == "cancelled"
    assert stack.record_of(other)["state"] == "reserved"
    assert stack.simulator.stats()["calls"].get("cancelreservation", {}) == before


def test_cancel_of_all_reservations_needs_the_client_id(stack: Stack) -> None:
    message = _reserve(stack, "09033330009")

    with pytest.raises(Failure):
        cancel_reservations(stack.settings, "4321")

    assert stack.record_of(message)["state"] == "reserved"


def test_all_reservations_are_canceled_with_the_client_id(own_stack: Stack) -> None:
    own_stack.start_worker()
    own_stack.start_beat()
    messages = [_reserve(own_stack, f"0903337{number:04}", group=f"group {number}") for number in range(3)]

    assert cancel_reservations(own_stack.settings, "1234").pending == len(messages)

    for message in messages:
        assert own_stack.wait_for_state(message).state is State.CANCELED
        assert own_stack.record_of(message)["state"] == "cancelled"


def test_second_task_to_cancel_all_reservations_does_nothing(own_stack: Stack) -> None:
    """A cut connection to Redis is enough to deliver a task twice."""
    own_stack.start_worker()
    own_stack.start_beat()
    before = _reserve(own_stack, "09033380001")
    cancel_reservations(own_stack.settings, "1234")
    assert own_stack.wait_for_state(before).state is State.CANCELED
    since = _reserve(own_stack, "09033380002")

    with closing(Publisher(own_stack.settings)) as publisher:
        publisher.publish(TaskName.CANCEL_ALL, Lane.URGENT, "1234")

    eventually(lambda: "bulk_cancel_not_allowed" in own_stack.log_text(), "the second task is processed")
    assert own_stack.record_of(since)["state"] == "reserved"
    assert sum(own_stack.simulator.stats()["calls"]["cancelreservationall"].values()) == 1


def test_late_group_cancel_spares_a_message_reserved_meanwhile(own_stack: Stack) -> None:
    own_stack.start_worker("normal")
    own_stack.start_beat()
    asked = _reserve(own_stack, "09033390001", group="launch")
    own_stack.client.cancel_group("launch")
    corrected = _reserve(own_stack, "09033390002", group="launch")

    own_stack.start_worker("urgent,status")

    assert own_stack.wait_for_state(asked).state is State.CANCELED
    assert own_stack.record_of(asked)["state"] == "cancelled"
    assert own_stack.record_of(corrected)["state"] == "reserved"
    found = own_stack.client.get(corrected.client_tag)
    assert found is not None
    assert found.state is State.SCHEDULED
    assert "cancelreservationall" not in own_stack.simulator.stats()["calls"]
