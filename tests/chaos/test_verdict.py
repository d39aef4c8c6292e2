"""The verdict of the chaos suite sees each difference that is planted, by its name, and nothing where there is none."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.chaos.evidence import Asked, Evidence, Taken
from tests.chaos.verdict import LIMIT, PROMISES, judge

from zettai import CancelOutcome, Message, State
from zettai.core.message import recorded
from zettai.core.times import now
from zettai.core.validation import draft

SENT, FAILED, CANCELED, BRIEF = "sent", "failed", "canceled", "brief"


def a_message(tag: str, state: State) -> Message:
    """A message as the store has it at the end."""
    one = draft({"to": "09012345678", "body": "x", "client_tag": tag, "expires_in": timedelta(hours=1)})
    return replace(recorded(one, now()), state=state)


def a_good_end() -> Evidence:
    """One message of each kind, and everybody agrees."""
    asked = {tag: Asked(tag, f"+8190{tag}", f"text {tag}", tag == BRIEF) for tag in (SENT, FAILED, CANCELED, BRIEF)}
    states = {
        SENT: State.DELIVERED,
        FAILED: State.UNDELIVERED,
        CANCELED: State.CANCELED,
        BRIEF: State.EXPIRED,
    }
    return Evidence(
        asked=asked,
        told={CANCELED: CancelOutcome.CANCELED, BRIEF: CancelOutcome.TOO_LATE},
        store={tag: a_message(tag, state) for tag, state in states.items()},
        taken=[Taken(tag, asked[tag].to, asked[tag].body) for tag in (SENT, FAILED, CANCELED)],
        truth={SENT: ("sent", 2), FAILED: ("sent", 3), CANCELED: ("cancelled", 2)},
        worst_second=LIMIT,
    )


GOOD = a_good_end()


def store(tag: str, state: State) -> dict[str, Mapping[str, Message]]:
    """The good end, but for one state in the store."""
    return {"store": {**GOOD.store, tag: a_message(tag, state)}}


def told(tag: str, outcome: CancelOutcome) -> dict[str, Mapping[str, CancelOutcome]]:
    """The good end, but for what the caller of one cancel was told."""
    return {"told": {**GOOD.told, tag: outcome}}


def truth(tag: str, state: str, status: int) -> dict[str, Mapping[str, tuple[str, int]]]:
    """The good end, but for what the provider says of one message."""
    return {"truth": {**GOOD.truth, tag: (state, status)}}


def without(where: Mapping[str, Any], tag: str) -> dict[str, Any]:
    """All but one."""
    return {key: value for key, value in where.items() if key != tag}


def taken(*more: Taken) -> dict[str, list[Taken]]:
    """The good end, and what the provider took besides."""
    return {"taken": [*GOOD.taken, *more]}


ENDS = "ends other than the provider's"
AFTER = "sent after a confirmed cancel"


def test_nothing_is_wrong_with_a_good_end() -> None:
    """No false alarm."""
    assert not any(judge(GOOD).values())


@pytest.mark.parametrize(
    ("difference", "broken"),
    [
        ({"store": without(GOOD.store, SENT)}, {"lost"}),
        (store(SENT, State.REJECTED), {"lost", AFTER}),
        (store(SENT, State.EXPIRED), {"lost", AFTER}),
        (store(SENT, State.FAILED), {"lost", AFTER}),
        (store(SENT, State.CANCELED), {"lost", AFTER}),
        ({"truth": without(GOOD.truth, SENT)}, {"lost", ENDS}),
        (taken(GOOD.taken[0]), {"double"}),
        (taken(replace(GOOD.taken[0], client_tag="copy")), {"double"}),
        (taken(Taken("stranger", "+81900000000", "other")), {"double"}),
        ({"taken": [replace(GOOD.taken[0], to="+81911111111"), *GOOD.taken[1:]]}, {"double"}),
        ({"taken": [replace(GOOD.taken[0], body="mixed up"), *GOOD.taken[1:]]}, {"double"}),
        (truth(CANCELED, "sent", 2), {AFTER}),
        (truth(CANCELED, "reserved", 2), {AFTER}),
        (told(SENT, CancelOutcome.CANCELED), {AFTER}),
        (truth(BRIEF, "sent", 2), {AFTER}),
        (store(SENT, State.ACCEPTED), {"stuck"}),
        ({"late": {SENT: "queued"}}, {"stuck"}),
        ({"left": {"queue": 1}}, {"stuck"}),
        (store(SENT, State.UNDELIVERED), {ENDS}),
        (store(SENT, State.DELIVERY_UNKNOWN), {ENDS}),
        (truth(FAILED, "sent", 2), {ENDS}),
        (told(CANCELED, CancelOutcome.TOO_LATE), {ENDS}),
        (told(CANCELED, CancelOutcome.PENDING), {ENDS}),
        (told(CANCELED, CancelOutcome.NOT_FOUND), {ENDS}),
        ({"worst_second": LIMIT + 1}, {"seconds beyond the limit"}),
    ],
)
def test_each_planted_difference_is_seen(difference: dict[str, Any], broken: set[str]) -> None:
    """By the promise that it breaks, and by no other."""
    found = judge(replace(GOOD, **difference))

    assert {name for name, lines in found.items() if lines} == broken


def test_each_promise_can_be_broken() -> None:
    """The table above leaves none out."""
    mark = test_each_planted_difference_is_seen.pytestmark[0]

    assert set().union(*(broken for _, broken in mark.args[1])) == set(PROMISES)
