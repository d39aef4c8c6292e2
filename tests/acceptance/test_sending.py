"""Sending through real processes, with every fault: each message is accepted once and gets its final state."""

from datetime import timedelta

import pytest
from tests.support.stack import Stack, send_directly

from zettai import State
from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.publisher import Publisher
from zettai.core.tasks import TaskName
from zettai.core.times import now

DELIVERED = "09011110001"


def test_single_message_is_delivered(stack: Stack) -> None:
    message = stack.client.send(DELIVERED, "こんにちは", lane="urgent")

    ended = stack.wait_for_state(message)

    states = [event.state for event in ended.history]
    assert states[:3] == [State.QUEUED, State.SUBMITTING, State.ACCEPTED]
    assert states[-1] is State.DELIVERED
    assert ended.parts == 1
    record = stack.record_of(message)
    assert (record["taken"], record["phoneNumber"], record["message"]) == (1, "+819011110001", "こんにちは")


def test_campaign_is_delivered(stack: Stack) -> None:
    items = [{"to": f"0901112{number:04}", "body": f"no. {number}"} for number in range(200)]

    messages = [result.message for result in stack.client.send_many(items)]

    for message in messages:
        assert message is not None
        assert stack.wait_for_state(message).state is State.DELIVERED
        assert stack.record_of(message)["requests"] == 1


TAKEN_FIRST = ["cut_after", "error_after", "hang_after", "system_error_after", "broken_json", "html"]


@pytest.mark.parametrize("kind", TAKEN_FIRST)
def test_message_with_a_lost_response_is_sent_once(stack: Stack, kind: str) -> None:
    """The provider accepted the message. The request is repeated with the same tag."""
    stack.simulator.set_faults({"kind": kind, "suffix": "0002", "times": 1})

    message = stack.client.send("09011110002", kind)

    ended = stack.wait_for_state(message)
    assert ended.state is State.DELIVERED
    assert State.SUBMIT_UNKNOWN in [event.state for event in ended.history]
    record = stack.record_of(message)
    assert (record["taken"], record["requests"]) == (1, 2)


@pytest.mark.parametrize("kind", ["cut_before", "unavailable", "system_error", "throttled"])
def test_message_that_was_not_accepted_is_sent_again(stack: Stack, kind: str) -> None:
    stack.simulator.set_faults({"kind": kind, "suffix": "0003", "times": 2})

    message = stack.client.send("09011110003", kind, lane="urgent")

    ended = stack.wait_for_state(message)
    assert ended.state is State.DELIVERED
    record = stack.record_of(message)
    assert (record["taken"], record["requests"]) == (1, 3)


def test_reservation_is_made_at_the_provider(stack: Stack) -> None:
    message = stack.client.send("09011110005", "later", send_at=now() + timedelta(hours=1))

    scheduled = stack.wait_for_state(message, State.SCHEDULED)

    record = stack.record_of(message)
    assert record["state"] == "reserved"
    assert scheduled.send_at is not None
    assert record["scheduleTime"] == scheduled.send_at.strftime("%Y-%m-%d %H:%M")


def test_send_time_too_near_to_reserve_stays_in_the_store(stack: Stack) -> None:
    """The provider counts in minutes, so it gets no reservation for a time less than two minutes ahead."""
    message = stack.client.send("09011110011", "soon", send_at=now() + timedelta(seconds=1))

    assert message.send_at is not None
    assert message.send_at.second == 0
    assert stack.client.get(message.client_tag) == message


def test_tag_of_another_system_is_a_conflict(stack: Stack) -> None:
    """The first request gets a 400, so the message was never sent."""
    send_directly(stack, "09011119999", "theirs", client_tag="taken-by-others")

    message = stack.client.send("09011110006", "ours", client_tag="taken-by-others")

    ended = stack.wait_for_state(message)
    assert (ended.state, ended.reason) == (State.FAILED, "tag_conflict")


def test_message_lost_by_redis_is_found_at_the_provider(stack: Stack) -> None:
    """A 400 for the same number and text: the provider has the message, and sent it once."""
    send_directly(stack, "09011110012", "forgotten", client_tag="forgotten-by-redis")

    message = stack.client.send("09011110012", "forgotten", client_tag="forgotten-by-redis")

    assert stack.wait_for_state(message).state is State.DELIVERED
    assert stack.record_of(message)["taken"] == 1


def test_repeated_send_is_one_message(stack: Stack) -> None:
    """The client tag is the idempotency key."""
    first = stack.client.send("09011110007", "once", client_tag="twice-sent")
    stack.wait_for_state(first)

    second = stack.client.send("09011110007", "once", client_tag="twice-sent")

    assert second.state is State.DELIVERED
    assert stack.record_of(first)["requests"] == 1


def test_repeated_tasks_make_one_request(stack: Stack) -> None:
    message = stack.client.send("09011110008", "published often", client_tag="published-often")
    publisher = Publisher(stack.settings)
    for _ in range(10):
        publisher.publish(TaskName.SEND, Lane.URGENT, [message.client_tag, message.client_tag])
        publisher.publish(TaskName.SEND_IN_TURN, Lane.NORMAL, [message.client_tag, message.client_tag])
    publisher.close()

    assert stack.wait_for_state(message).state is State.DELIVERED
    assert stack.record_of(message)["requests"] == 1


@pytest.mark.parametrize(
    ("to", "body", "reason"),
    [
        ("+81312345678", "to a landline", "110 Invalid phoneNumber."),
        ("+819011110009", "", "100 Required message."),
        ("+819011110009", "x" * 661, "120 message too long."),
    ],
)
def test_refused_message_is_rejected_with_the_reason_of_the_provider(
    stack: Stack, to: str, body: str, reason: str
) -> None:
    """A producer of another version may have accepted such a message."""
    slipped = NewMessage.model_construct(
        to=to, body=body, client_tag=f"slipped-{reason[:3]}", lane=Lane.NORMAL, expires_in=timedelta(hours=1)
    )
    stack.store.create([slipped])
    publisher = Publisher(stack.settings)
    publisher.publish(TaskName.SEND, Lane.NORMAL, [slipped.client_tag])
    publisher.close()

    ended = stack.wait_for_state(slipped.client_tag)

    assert (ended.state, ended.reason, ended.attempts) == (State.REJECTED, reason, 1)
