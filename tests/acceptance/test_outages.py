"""A provider outage: few calls, no message is lost, and sending resumes by itself."""

from datetime import timedelta

import pytest
from tests.support.stack import Stack, eventually

from zettai import State
from zettai_worker.sending.circuit_breaker import BREAKER_AFTER

pytestmark = pytest.mark.long

MESSAGES = 150


def _fail_every_call(stack: Stack) -> None:
    stack.simulator.set_faults({"kind": "unavailable", "endpoint": "*"})


def _start(stack: Stack) -> None:
    stack.start_worker()
    stack.start_beat()


def _states(stack: Stack) -> set[State]:
    return {state for state, count in stack.store.counts().items() if count}


def test_messages_wait_during_an_outage_and_are_sent_once(own_stack: Stack) -> None:
    """Most messages are held without a call."""
    _fail_every_call(own_stack)
    tags = [own_stack.client.send(f"0908888{n:04}", "outage").client_tag for n in range(MESSAGES)]
    _start(own_stack)
    eventually(lambda: _states(own_stack) <= {State.HELD, State.SUBMIT_UNKNOWN}, "all wait")
    asked_at_first = own_stack.simulator.stats()["arrivals"]
    eventually(lambda: own_stack.simulator.stats()["arrivals"] >= asked_at_first + 3, "the provider is tried again")

    own_stack.simulator.set_faults()

    for tag in tags:
        assert own_stack.wait_for_state(tag).state is State.DELIVERED
        assert own_stack.simulator.record_of(tag)["taken"] == 1
    # Requests in flight when the circuit opened, and a few probes: far fewer than one for each message.
    assert asked_at_first < MESSAGES / 2
    assert own_stack.log_text().count('"event": "provider_down"') < MESSAGES / 10


def test_one_time_password_expires_during_an_outage(own_stack: Stack) -> None:
    _fail_every_call(own_stack)
    _start(own_stack)
    for n in range(5 * BREAKER_AFTER):
        own_stack.client.send(f"0908889{n:04}", "breaks it")
    eventually(lambda: State.HELD in _states(own_stack), "the breaker opens")

    password = own_stack.client.send("09088880001", "123456", lane="urgent", expires_in=timedelta(seconds=1.5))

    ended = own_stack.wait_for_state(password)
    assert (ended.state, ended.reason, ended.attempts) == (State.EXPIRED, "not sent in time", 0)
