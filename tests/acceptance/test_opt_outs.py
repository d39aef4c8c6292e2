"""Opt-outs with real workers: nothing is sent to a number after its addition to the list was acknowledged."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from tests.support.stack import TAKEN, Stack

from zettai import Message, State
from zettai.core.message import SUPPRESSED
from zettai.core.times import now

FAR = timedelta(hours=2)


def _reserve(stack: Stack, number: str, category: str | None = None) -> Message:
    message = stack.client.send(number, "reserved", send_at=now() + FAR, category=category)
    return stack.wait_for_state(message, State.SCHEDULED)


def test_message_to_a_suppressed_number_is_never_sent(stack: Stack) -> None:
    stack.client.suppressions.add("09077880001")

    message = stack.client.send("09077880001", "never", lane="urgent")
    probe = stack.client.send("09077880002", "after it", lane="urgent")

    assert (message.state, message.reason) == (State.CANCELED, SUPPRESSED)
    stack.wait_for_state(probe, *TAKEN)
    assert message.client_tag not in {one["clientTag"] for one in stack.simulator.records()}


def test_message_that_waits_for_a_worker_is_not_sent_after_the_opt_out(own_stack: Stack) -> None:
    waiting = own_stack.client.send("09077880003", "never")
    own_stack.client.suppressions.add("09077880003")

    own_stack.start_worker()

    assert own_stack.wait_for_state(waiting).reason == SUPPRESSED
    assert not own_stack.simulator.records()


def test_reservation_is_canceled_at_the_provider_after_the_opt_out(stack: Stack) -> None:
    reserved, other = _reserve(stack, "09077880004"), _reserve(stack, "09077880005")

    stack.client.suppressions.add("09077880004")

    assert (stack.wait_for_state(reserved).state, stack.wait_for_state(reserved).reason) == (
        State.CANCELED,
        SUPPRESSED,
    )
    assert stack.record_of(reserved)["state"] == "cancelled"
    assert stack.record_of(other)["state"] == "reserved"
    stack.client.cancel(other.client_tag)


def test_reservation_that_was_sent_is_too_late_to_suppress(own_stack: Stack) -> None:
    """The cancel of a message that was sent cannot succeed, and the message keeps its true result."""
    own_stack.start_worker()
    own_stack.start_beat()
    reserved = _reserve(own_stack, "09077880006")
    own_stack.simulator.make_due(reserved.client_tag)

    own_stack.client.suppressions.add("09077880006")

    ended = own_stack.wait_for_state(reserved)
    assert (ended.state, ended.cancel_requested) == (State.DELIVERED, False)
    assert own_stack.record_of(reserved)["state"] == "sent"


def test_transactional_message_passes_the_scope_of_a_category(stack: Stack) -> None:
    stack.client.suppressions.add("09077880007", "marketing")
    reserved = _reserve(stack, "09077880007", category="transactional")

    sent = stack.client.send("09077880007", "your order", category="transactional")
    unsent = stack.client.send("09077880007", "an offer", category="marketing")

    assert stack.wait_for_state(sent).state is State.DELIVERED
    assert unsent.is_suppressed
    stack.client.suppressions.add("09077880007")
    assert stack.client.send("09077880007", "your order", category="transactional").is_suppressed
    assert stack.wait_for_state(reserved).reason == SUPPRESSED


def test_killed_worker_does_not_stop_the_search(own_stack: Stack) -> None:
    """The worker is killed when the addition is recorded, before it can cancel anything."""
    worker = own_stack.start_worker()
    beat = own_stack.start_beat()
    reserved = _reserve(own_stack, "09077880008")
    worker.kill()
    worker.wait()
    beat.kill()
    beat.wait()
    own_stack.client.suppressions.add("09077880008")

    own_stack.start_worker()
    own_stack.start_beat()

    assert own_stack.wait_for_state(reserved).reason == SUPPRESSED
    assert own_stack.record_of(reserved)["state"] == "cancelled"


@pytest.mark.timeout(300)
def test_no_send_begins_after_an_addition_was_acknowledged(own_stack: Stack) -> None:
    """Messages and additions race. Whatever was claimed before the addition may still be sent."""
    numbers = [f"0904555{number:04}" for number in range(60)]
    half_sent = Event()

    def send() -> list[str]:
        tags = []
        for position, number in enumerate(numbers * 3):
            tags.append(own_stack.client.send(number, f"text {position}").client_tag)
            if position == len(numbers):
                half_sent.set()
        return tags

    own_stack.start_worker()
    own_stack.start_worker()
    own_stack.start_beat()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        half_sent.wait()
        acknowledged = {}
        for number in numbers[::2]:
            own_stack.client.suppressions.add(number)
            acknowledged[f"+81{number[1:]}"] = own_stack.store.now()
        tags = sending.result()

    messages = [own_stack.wait_for_state(tag, *TAKEN, State.CANCELED) for tag in tags]
    suppressed = [message for message in messages if message.is_suppressed]
    for message in messages:
        attempts = [event.at for event in message.history if event.state is State.SUBMITTING]
        if message.to in acknowledged and attempts:
            assert max(attempts) <= acknowledged[message.to]
    taken = [one["clientTag"] for one in own_stack.simulator.records()]
    assert suppressed
    assert sorted(taken + [message.client_tag for message in suppressed]) == sorted(tags)
