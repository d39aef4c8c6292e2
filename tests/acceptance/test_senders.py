"""Several sender codes: a refused one waits alone, and each message is looked up under its own code."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.support.stack import Stack, eventually

from zettai import SmsClient, State
from zettai.core.times import now

pytestmark = pytest.mark.long

DEFAULT, REFUSED, OTHER = "12345", "77777", "88888"

MESSAGES = 40


@pytest.fixture
def client(own_stack: Stack) -> Iterator[SmsClient]:
    """A client and workers with three sender codes."""
    own_stack.environment["ZETTAI_SENDERS"] = f"{REFUSED},{OTHER}"
    with SmsClient(own_stack.settings.model_copy(update={"senders": (REFUSED, OTHER)})) as client:
        yield client


def _send(client: SmsClient, sender: str | None, name: str, count: int) -> list[str]:
    tags = [f"{name}-{number}" for number in range(count)]
    for number, tag in enumerate(tags):
        client.send(f"0904441{number:04}", "from one code", client_tag=tag, sender=sender)
    return tags


@pytest.mark.parametrize("refused", [REFUSED, DEFAULT])
def test_messages_of_a_refused_sender_wait_and_the_others_go_out(
    own_stack: Stack, client: SmsClient, refused: str
) -> None:
    codes = {DEFAULT, REFUSED, OTHER}
    own_stack.simulator.set_senders(*codes - {refused})
    own_stack.start_worker()
    own_stack.start_beat()

    named = {code: None if code == DEFAULT else code for code in codes}
    first = _send(client, named[refused], "first", 2)
    eventually(lambda: refused in own_stack.store.suspensions(), "the second refused message suspends its sender")
    tags = {code: _send(client, named[code], code, MESSAGES) for code in codes}
    for code in codes - {refused}:
        for tag in tags[code]:
            assert own_stack.wait_for_state(tag).state is State.DELIVERED
    states = Counter(message.state for message in own_stack.store.get(tags[refused]) if message is not None)
    assert State.HELD in states
    assert set(states) <= {State.HELD, State.QUEUED, State.SUBMITTING}  # one after another tries
    own_stack.simulator.set_senders()

    for code in codes:
        for tag in [*tags[code], *(first if code == refused else [])]:
            assert own_stack.wait_for_state(tag).state is State.DELIVERED
            record = own_stack.simulator.record_of(tag)
            assert (record["taken"], record["smsCode"]) == (1, code)
    events = Counter(line["event"] for line in own_stack.log_lines())
    assert (events["sender_suspended"], events["account_suspended"], events["sending_resumed"]) == (1, 0, 1)


def test_lost_answer_is_looked_up_under_the_code_that_the_message_was_sent_from(
    own_stack: Stack, client: SmsClient
) -> None:
    """The provider lists a reservation only under its own code."""
    own_stack.simulator.set_faults({"kind": "cut_after", "times": 1})
    own_stack.start_worker()
    own_stack.start_beat()

    sent = client.send("09044500001", "later", sender=OTHER, send_at=now() + timedelta(hours=3))

    found = own_stack.wait_for_state(sent, State.SCHEDULED)
    assert (found.reason, found.sms_code) == ("found at the provider", OTHER)
    assert own_stack.record_of(sent)["taken"] == 1
