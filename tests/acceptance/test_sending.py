"""A message's way to its end, through real processes and every fault: taken once, and the store knows its end."""

from datetime import timedelta

import pytest
import requests
from tests.support.stack import Stack

from zettai import State
from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.publisher import Publisher
from zettai.core.tasks import TaskName
from zettai.core.times import now

DELIVERED = "09011110001"


def test_a_single_message_is_delivered(stack: Stack) -> None:
    """The whole journey, stop by stop."""
    message = stack.client.send(DELIVERED, "こんにちは", lane="urgent")

    ended = stack.wait_for_state(message)

    states = [event.state for event in ended.history]
    assert states[:3] == [State.QUEUED, State.SUBMITTING, State.ACCEPTED]
    assert states[-1] is State.DELIVERED
    assert ended.parts == 1
    record = stack.record_of(message)
    assert (record["taken"], record["phoneNumber"], record["message"]) == (1, "+819011110001", "こんにちは")


def test_a_campaign_is_delivered(stack: Stack) -> None:
    """Chunks in the bulk lane: each message is taken once and followed to its end."""
    items = [{"to": f"0901112{number:04}", "body": f"no. {number}"} for number in range(200)]

    messages = [result.message for result in stack.client.send_many(items)]

    for message in messages:
        assert message is not None
        assert stack.wait_for_state(message).state is State.DELIVERED
        assert stack.record_of(message)["requests"] == 1


TAKEN_FIRST = ["cut_after", "error_after", "hang_after", "system_error_after", "broken_json", "html"]


@pytest.mark.parametrize("kind", TAKEN_FIRST)
def test_a_lost_answer_after_it_was_taken(stack: Stack, kind: str) -> None:
    """The provider has the message, but its answer never comes: asked again with the same tag, it is sent once."""
    stack.simulator.set_faults({"kind": kind, "suffix": "0002", "times": 1})

    message = stack.client.send("09011110002", kind)

    ended = stack.wait_for_state(message)
    assert ended.state is State.DELIVERED
    assert State.SUBMIT_UNKNOWN in [event.state for event in ended.history]
    record = stack.record_of(message)
    assert (record["taken"], record["requests"]) == (1, 2)


@pytest.mark.parametrize("kind", ["cut_before", "unavailable", "system_error", "throttled"])
def test_a_failure_before_it_was_taken(stack: Stack, kind: str) -> None:
    """The provider does not have the message: it is tried until it has, once."""
    stack.simulator.set_faults({"kind": kind, "suffix": "0003", "times": 2})

    message = stack.client.send("09011110003", kind, lane="urgent")

    ended = stack.wait_for_state(message)
    assert ended.state is State.DELIVERED
    record = stack.record_of(message)
    assert (record["taken"], record["requests"]) == (1, 3)


def test_429_is_no_doubt(stack: Stack) -> None:
    """A throttled request was surely not taken, so the message waits in the queue, not in doubt."""
    stack.simulator.set_faults({"kind": "throttled", "suffix": "0004", "times": 1})

    ended = stack.wait_for_state(stack.client.send("09011110004", "throttled"))

    assert [event.state for event in ended.history][:4] == [
        State.QUEUED,
        State.SUBMITTING,
        State.QUEUED,
        State.SUBMITTING,
    ]


def test_a_reservation_is_made_and_sent_when_its_time_comes(stack: Stack) -> None:
    """The provider holds it; when its time comes, it is followed like any other."""
    message = stack.client.send("09011110005", "later", send_at=now() + timedelta(hours=1))

    scheduled = stack.wait_for_state(message, State.SCHEDULED)

    record = stack.record_of(message)
    assert record["state"] == "reserved"
    assert scheduled.send_at is not None
    assert record["scheduleTime"] == scheduled.send_at.strftime("%Y-%m-%d %H:%M")


def test_a_time_too_near_to_reserve_waits_here(stack: Stack) -> None:
    """The provider counts in minutes, so a time within two of them is kept by the store, and never sent early."""
    message = stack.client.send("09011110011", "soon", send_at=now() + timedelta(seconds=1))

    assert message.send_at is not None
    assert message.send_at.second == 0
    assert stack.client.get(message.client_tag) == message


def test_somebody_elses_tag_is_a_conflict(stack: Stack) -> None:
    """A 400 without an attempt of ours: the tag is not ours, and our message was never sent."""
    _send_past_us(stack, "09011119999", "theirs", client_tag="taken-by-others")

    message = stack.client.send("09011110006", "ours", client_tag="taken-by-others")

    ended = stack.wait_for_state(message)
    assert (ended.state, ended.reason) == (State.FAILED, "tag_conflict")


def test_a_message_that_redis_forgot_is_found_again(stack: Stack) -> None:
    """A 400 for our own number and body: Redis lost the attempt, but the provider has the message, and sent it once."""
    _send_past_us(stack, "09011110012", "forgotten", client_tag="forgotten-by-redis")

    message = stack.client.send("09011110012", "forgotten", client_tag="forgotten-by-redis")

    assert stack.wait_for_state(message).state is State.DELIVERED
    assert stack.record_of(message)["taken"] == 1


def test_the_same_send_twice_is_one_message(stack: Stack) -> None:
    """The client tag is the idempotency key."""
    first = stack.client.send("09011110007", "once", client_tag="twice-sent")
    stack.wait_for_state(first)

    second = stack.client.send("09011110007", "once", client_tag="twice-sent")

    assert second.state is State.DELIVERED
    assert stack.record_of(first)["requests"] == 1


def test_double_publishing_is_harmless(stack: Stack) -> None:
    """A task that finds nothing to do is gone: twenty of them make one request."""
    message = stack.client.send("09011110008", "published often", client_tag="published-often")
    publisher = Publisher(stack.settings)
    for _ in range(10):
        publisher.publish(TaskName.SEND, Lane.URGENT, [message.client_tag, message.client_tag])
    publisher.close()

    assert stack.wait_for_state(message).state is State.DELIVERED
    assert stack.record_of(message)["requests"] == 1


@pytest.mark.parametrize(
    ("to", "body", "words"),
    [
        ("+81312345678", "to a landline", "110 Invalid phoneNumber."),
        ("+819011110009", "", "100 Required message."),
        ("+819011110009", "x" * 661, "120 message too long."),
    ],
)
def test_a_refusal_ends_rejected_with_the_providers_words(stack: Stack, to: str, body: str, words: str) -> None:
    """What slipped through a producer of another version is refused by the provider, once and for all."""
    slipped = NewMessage.model_construct(
        to=to, body=body, client_tag=f"slipped-{words}", lane=Lane.NORMAL, expires_in=timedelta(hours=1)
    )
    stack.store.create([slipped])
    publisher = Publisher(stack.settings)
    publisher.publish(TaskName.SEND, Lane.NORMAL, [slipped.client_tag])
    publisher.close()

    ended = stack.wait_for_state(slipped.client_tag)

    assert (ended.state, ended.reason, ended.attempts) == (State.REJECTED, words, 1)


def test_an_expired_message_is_never_sent(stack: Stack) -> None:
    """What cannot be sent in time ends expired, and the provider never has it."""
    stack.simulator.set_faults({"kind": "throttled", "suffix": "0010"})

    message = stack.client.send("09011110010", "too slow", expires_in=timedelta(seconds=1.5))

    assert stack.wait_for_state(message).state is State.EXPIRED
    assert stack.record_of(message)["taken"] == 0


def _send_past_us(stack: Stack, number: str, body: str, *, client_tag: str) -> None:
    """What the provider took without our store knowing."""
    form = {
        "token": stack.environment["ZETTAI_TOKEN"],
        "clientId": stack.environment["ZETTAI_CLIENT_ID"],
        "smsCode": stack.environment["ZETTAI_SMS_CODE"],
        "message": body,
        "phoneNumber": number,
        "clientTag": client_tag,
    }
    answer = requests.post(f"{stack.simulator.url}/p5/api/mt.json", data=form, timeout=5)
    assert answer.json()["responseCode"] == 0
