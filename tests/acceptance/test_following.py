"""Following messages to their end: late failures, overdue ones, and answers that mean nothing yet."""

from datetime import timedelta

import pytest
from tests.support.stack import Stack, eventually

from zettai import Message, State
from zettai.core.times import now

KDDI_WAIT = timedelta(seconds=5)
"""As the stack has it; the ordinary wait is 1.5 s there, and the simulator tells a failure at KDDI after 7 s."""


def _overdue(stack: Stack, message: Message) -> Message | None:
    found = stack.client.get(message.client_tag)
    return found if found and found.overdue else None


@pytest.mark.parametrize("carrier", ["au", None])
def test_a_failure_at_kddi_comes_late_and_is_recorded(stack: Stack, carrier: str | None) -> None:
    """Nothing is overdue before the KDDI wait, for unknown carriers too; then the late failure still counts.

    Until it is final, the simulator's answers name a carrier at random: none of that may shorten the wait.
    """
    message = stack.client.send("09055550732", "late failure", carrier=carrier)
    accepted = stack.wait_for_state(message, State.ACCEPTED, State.SENDING)

    eventually(lambda: _overdue(stack, message), "it becomes overdue")

    assert accepted.sent_at is not None
    assert now() - accepted.sent_at >= KDDI_WAIT
    ended = stack.wait_for_state(message)
    assert (ended.state, ended.detail, ended.overdue) == (State.UNDELIVERED, "11732", True)


def test_docomo_is_overdue_earlier(stack: Stack) -> None:
    """Of two messages that never end, the one to docomo counts as overdue while the one to KDDI does not yet."""
    to_kddi = stack.client.send("09015551998", "for ever", carrier="au")
    to_docomo = stack.client.send("09011111998", "for ever", carrier="docomo")

    eventually(lambda: _overdue(stack, to_docomo), "the message to docomo becomes overdue")

    assert not _overdue(stack, to_kddi)


def test_a_failure_is_told_with_its_cause(stack: Stack) -> None:
    """The carrier's five digits are kept."""
    ended = stack.wait_for_state(stack.client.send("09011111732", "no such number"))

    assert (ended.state, ended.detail, ended.reason) == (State.UNDELIVERED, "31732", "statusId 3 31732")


def test_an_unknown_cause_is_no_error(stack: Stack) -> None:
    """More causes may come at any time."""
    ended = stack.wait_for_state(stack.client.send("09011111997", "new cause"))

    assert (ended.state, ended.detail) == (State.UNDELIVERED, "71999")


def test_we_give_up_asking(stack: Stack) -> None:
    """A message whose end nobody tells is delivery_unknown at last, not expired: it was sent."""
    message = stack.client.send("09011111999", "unknown for ever")

    ended = stack.wait_for_state(message)

    assert (ended.state, ended.reason) == (State.DELIVERY_UNKNOWN, "no answer in time")


def test_failing_status_checks_are_repeated(stack: Stack) -> None:
    """A check that breaks costs only time."""
    stack.simulator.set_faults({"kind": "broken_json", "endpoint": "status", "suffix": "1001", "times": 1})

    assert stack.wait_for_state(stack.client.send("09011111001", "asked twice")).state is State.DELIVERED


def test_the_checks_of_a_campaign_share_calls(own_stack: Stack) -> None:
    """Many messages of one day are asked for by one call."""
    own_stack.start_worker()
    own_stack.start_beat()
    items = [{"to": f"0901113{number:04}", "body": "campaign"} for number in range(150)]

    tags = [result.message.client_tag for result in own_stack.client.send_many(items) if result.message]
    for tag in tags:
        assert own_stack.wait_for_state(tag).state is State.DELIVERED

    calls = own_stack.simulator.stats()["calls"]["status"]
    assert sum(calls.values()) < len(tags) / 2
