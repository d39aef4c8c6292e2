"""A provider that rewrites, refuses oddly, lags or is ahead: nothing final without proof, and nothing sent twice."""

from datetime import timedelta

import pytest
from tests.support.stack import SHORT_TIMES, TAKEN, Stack, eventually, send_directly

from zettai import Message, State
from zettai.core.times import now

STATUS_LAG = 10 * timedelta(seconds=float(SHORT_TIMES["STATUS_CHECK_AFTER"]))


def test_message_with_rewritten_text_and_number_is_accepted(stack: Stack) -> None:
    stack.simulator.set_behavior(rewrites=True, local_numbers=True)
    stack.simulator.set_faults({"kind": "cut_after", "suffix": "0001", "times": 1})

    message = stack.client.send("09011140001", "one\r\ntwo 😀 https://ai9.jp/0PT0UT", client_tag="rewritten")

    assert stack.wait_for_state(message).state is State.DELIVERED
    assert stack.record_of(message)["taken"] == 1
    [line] = [line for line in stack.log_lines() if line["event"] == "text_differs"]
    assert line["client_tag"] == "rewritten"


@pytest.mark.parametrize("kind", ["code", "code_after"])
def test_message_refused_with_a_strange_code_is_sent_once(stack: Stack, kind: str) -> None:
    codes = {"002": -1, "003": 130, "004": 140, "005": 200, "006": 310, "007": 999}
    stack.simulator.set_faults(
        *({"kind": kind, "suffix": suffix, "code": code, "text": "?", "times": 1} for suffix, code in codes.items())
    )

    messages = [stack.client.send(f"09011142{suffix}", kind) for suffix in codes]

    for message in messages:
        assert stack.wait_for_state(message).state is State.DELIVERED
        assert stack.record_of(message)["taken"] == 1


def test_refused_token_rejects_no_message(stack: Stack) -> None:
    stack.simulator.set_faults({"kind": "code", "suffix": "0003", "code": 110, "text": "Invalid [token].", "times": 1})

    message = stack.client.send("09011140003", "the token is right")

    assert stack.wait_for_state(message).state is State.DELIVERED


def test_forbidden_number_does_not_stop_the_others(own_stack: Stack) -> None:
    own_stack.simulator.set_faults({"kind": "http", "status": 403, "suffix": "0004"})
    own_stack.start_worker()
    own_stack.start_beat()
    forbidden = own_stack.client.send("09011140004", "forbidden", lane="urgent")
    parked = eventually(lambda: _parked(own_stack, forbidden), "the message is parked")

    others = [own_stack.client.send(f"0901116{100 + number:04}", "123456", lane="urgent") for number in range(10)]
    for message in others:
        assert own_stack.wait_for_state(message).attempts == 1

    events = [line["event"] for line in own_stack.log_lines()]
    assert events.count("message_parked") == 1
    assert "account_suspended" not in events
    assert parked.state is State.SUBMIT_UNKNOWN


def test_success_between_two_forbidden_numbers_shows_that_the_others_may_go_on(own_stack: Stack) -> None:
    own_stack.simulator.set_faults(*({"kind": "http", "status": 403, "suffix": suffix} for suffix in ("0010", "0012")))
    own_stack.start_worker()
    own_stack.start_beat()

    for number in range(10, 16):
        message = own_stack.client.send(f"0901114{number:04}", "one of six")
        refused = message.to[-4:] in {"0010", "0012"}
        own_stack.wait_for_state(message, *([State.SUBMIT_UNKNOWN] if refused else TAKEN))

    events = [line["event"] for line in own_stack.log_lines()]
    assert events.count("message_parked") == 2
    assert "account_suspended" not in events


def test_used_tag_is_looked_up_until_the_provider_shows_it(stack: Stack) -> None:
    """The provider's lists are behind, so the first look-ups find nothing."""
    send_directly(stack, "09011140005", "forgotten", client_tag="lagging")
    stack.simulator.set_behavior(lag=STATUS_LAG.total_seconds() / 2)

    ended = stack.wait_for_state(stack.client.send("09011140005", "forgotten", client_tag="lagging"))

    assert ended.state is State.DELIVERED
    assert State.SUBMIT_UNKNOWN in [event.state for event in ended.history]
    assert stack.record_of(ended)["taken"] == 1


def test_used_tag_that_is_never_shown_is_a_conflict_after_a_while(stack: Stack) -> None:
    send_directly(stack, "09011149999", "theirs", client_tag="hidden")
    stack.simulator.set_faults({"kind": "rows_missing", "endpoint": "status", "suffix": "9999"})

    ended = stack.wait_for_state(stack.client.send("09011140006", "ours", client_tag="hidden"))

    assert (ended.state, ended.reason) == (State.FAILED, "tag_conflict")
    assert ended.history[-1].at - ended.history[-2].at >= STATUS_LAG
    assert ended.attempts == 1


def test_message_that_expires_before_its_slot_is_not_sent(own_stack: Stack) -> None:
    own_stack.environment["ZETTAI_RATE_LIMIT"] = "1 per 12 seconds"
    own_stack.start_worker("urgent")
    own_stack.start_beat()
    first = own_stack.client.send("09011140007", "in time", lane="urgent")
    own_stack.wait_for_state(first, State.ACCEPTED)

    second = own_stack.client.send("09011140007", "too late", lane="urgent", expires_in=timedelta(seconds=6))

    ended = own_stack.wait_for_state(second)
    assert (ended.state, ended.reason) == (State.EXPIRED, "not sent in time")
    assert {event.state for event in ended.history} == {State.QUEUED, State.SUBMITTING, State.EXPIRED}
    assert _sends(own_stack) == 1


def test_reservation_refused_by_a_clock_that_is_ahead_waits_here(stack: Stack) -> None:
    stack.simulator.set_behavior(clock_ahead=600)

    message = stack.client.send("09011140009", "later", send_at=now() + timedelta(minutes=5))

    waiting = eventually(lambda: _attempted(stack, message), "the provider refuses the reservation")
    assert (waiting.state, waiting.reason) == (State.QUEUED, "110 Invalid scheduleTime.")
    due = stack.store.redis.zscore(stack.store.keys.due_to_send, message.client_tag)
    assert message.send_at is not None
    assert due == pytest.approx(message.send_at.timestamp() * 1000, abs=10_000)
    stack.client.cancel(message.client_tag)


def _parked(stack: Stack, message: Message) -> Message | None:
    found = stack.client.get(message.client_tag)
    return found if found and found.parked else None


def _attempted(stack: Stack, message: Message) -> Message | None:
    found = stack.client.get(message.client_tag)
    return found if found and found.attempts and found.state is not State.SUBMITTING else None


def _sends(stack: Stack) -> int:
    return [endpoint for _, endpoint in stack.simulator.arrivals()].count("mt")
