"""The rules for sending dead letters again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from zettai import Message, State
from zettai.core.lanes import Lane
from zettai.core.times import now
from zettai.core.validation import TAG_LENGTH
from zettai.requeueing import DEAD_LETTER_STATES, decide_requeue, next_tag

AT = now()

LETTER = Message(
    client_tag="t1",
    to="+819012345678",
    lane=Lane.BULK,
    state=State.EXPIRED,
    since=AT,
    reason="not sent in time",
    created_at=AT,
    expires_at=AT,
    group="g",
    sender="77777",
    metadata={"order": "1234"},
    created_by="shop-1",
    team="shops",
)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("may_send_twice", [False, True])
def test_only_unsent_messages_need_no_permission(state: State, *, may_send_twice: bool) -> None:
    letter = decide_requeue(replace(LETTER, state=state), "text", may_send_twice=may_send_twice)

    safe = state in DEAD_LETTER_STATES and state.was_never_sent
    assert (letter.problem is None) is (safe or (state is State.DELIVERY_UNKNOWN and may_send_twice))


@pytest.mark.parametrize(
    ("detail", "may_pass"),
    [
        ("11721", True),
        ("31821", True),
        ("51823", True),
        ("61833", True),
        ("11732", False),
        ("32834", False),
        ("99999", False),
        (None, False),
    ],
)
def test_undelivered_message_is_sent_again_on_purpose_if_the_cause_may_have_passed(
    detail: str | None, *, may_pass: bool
) -> None:
    message = replace(LETTER, state=State.UNDELIVERED, detail=detail)

    wanted = decide_requeue(message, "text", may_send_twice=False, undelivered=True)
    unasked = decide_requeue(message, "text", may_send_twice=True)

    assert (wanted.problem is None) is may_pass
    assert unasked.problem is not None
    assert ("--undelivered" in unasked.problem) is may_pass
    again = decide_requeue(replace(message, requeued_as="t1~r2"), "text", may_send_twice=True, undelivered=True)
    assert again.problem is not None


@pytest.mark.parametrize(
    ("changes", "body", "problem"),
    [
        ({}, None, "no text"),
        ({"requeued_as": "t1~r2"}, "text", "sent again as t1~r2"),
        ({"requeued_as": "t1~r2", "state": State.DELIVERY_UNKNOWN}, "text", "sent again as t1~r2"),
        ({"contradicted": True}, "text", "the provider has it"),
        (
            {"state": State.UNDELIVERED, "detail": "31732", "reason": "statusId 3 31732"},
            "text",
            "did not arrive: no such number (31732)",
        ),
        ({"state": State.UNDELIVERED, "detail": "31721", "reason": "statusId 3 31721"}, "text", "congestion (31721)"),
    ],
)
def test_problem_names_the_reason(changes: dict[str, object], body: str | None, problem: str) -> None:
    letter = decide_requeue(replace(LETTER, **changes), body, may_send_twice=False)  # type: ignore[arg-type]

    assert letter.problem is not None
    assert problem in letter.problem


@pytest.mark.parametrize(
    ("old", "new"), [("t1", "t1~r2"), ("t1~r2", "t1~r3"), ("t1~r9", "t1~r10"), ("~r2", "~r2~r2"), ("a~rb", "a~rb~r2")]
)
def test_new_tag_depends_on_the_old_tag_only(old: str, new: str) -> None:
    assert next_tag(old) == new


def test_new_tags_of_long_tags_are_unique_and_within_the_limit() -> None:
    one, other = "x" * (TAG_LENGTH - 1) + "1", "x" * (TAG_LENGTH - 1) + "2"

    assert len(next_tag(one)) == TAG_LENGTH
    assert next_tag(one) != next_tag(other)
    assert next_tag(next_tag(one)) != next_tag(one)


def test_past_send_time_means_send_at_once() -> None:
    past, ahead = AT - timedelta(hours=1), AT + timedelta(hours=1)

    keywords = decide_requeue(replace(LETTER, send_at=past), "text", may_send_twice=False).send_arguments(AT)

    assert keywords == {
        "to": LETTER.to,
        "body": "text",
        "client_tag": "t1~r2",
        "send_at": None,
        "lane": Lane.BULK,
        "group": "g",
        "carrier": None,
        "sender": "77777",
        "account": "default",
        "metadata": {"order": "1234"},
        "category": None,
        "created_by": "shop-1",
        "team": "shops",
    }
    assert (
        decide_requeue(replace(LETTER, send_at=ahead), "text", may_send_twice=False).send_arguments(AT)["send_at"]
        == ahead
    )
