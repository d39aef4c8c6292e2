"""`ZETTAI_ONLY_TO` with real workers: nothing reaches another number, whatever the application does."""

from datetime import timedelta

from tests.support.stack import Stack, eventually

from zettai import State
from zettai.core.times import now

TESTER, CUSTOMER = "09044460001", "09044460002"


def _restrict(stack: Stack) -> None:
    stack.environment["ZETTAI_ONLY_TO"] = f"{TESTER}, 09099999999"


def test_worker_sends_to_allowed_numbers_only(own_stack: Stack) -> None:
    _restrict(own_stack)
    client = own_stack.client
    blocked = client.send(CUSTOMER, "never", lane="urgent")
    reserved = client.send(CUSTOMER, "never reserved", send_at=now() + timedelta(hours=2))
    results = list(client.send_many({"to": f"0904446{number:04}", "body": "a campaign"} for number in range(1, 11)))
    allowed = client.send(TESTER, "to a tester")

    own_stack.start_worker()
    own_stack.start_beat()

    for message in (blocked, reserved):
        ended = own_stack.wait_for_state(message)
        assert (ended.state, ended.reason, ended.attempts) == (State.REJECTED, "not_allowed", 0)
    assert own_stack.wait_for_state(allowed).state is State.DELIVERED
    for result in results:
        own_stack.wait_for_state(result.message_or_raise())
    assert {record["phoneNumber"][-10:] for record in own_stack.simulator.records()} == {TESTER[-10:]}


def test_message_with_an_unknown_outcome_is_looked_up_and_not_sent_again(own_stack: Stack) -> None:
    """It was submitted before the setting. The provider has it, so the truth is recorded."""
    own_stack.simulator.set_faults({"kind": "hang_after", "suffix": CUSTOMER[-4:], "times": 1})
    own_stack.start_beat()
    worker = own_stack.start_worker()
    message = own_stack.client.send(CUSTOMER, "perhaps sent")
    eventually(own_stack.simulator.records, "the provider takes the message")
    worker.kill()
    worker.wait()
    sends = own_stack.simulator.stats()["calls"]["mt"]

    _restrict(own_stack)
    own_stack.start_worker()

    assert own_stack.wait_for_state(message).state is State.DELIVERED
    assert own_stack.simulator.stats()["calls"]["mt"] == sends
