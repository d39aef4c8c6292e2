"""The verdict: it finds nothing where all is well, and each kind of difference where it is not."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from zettai import CancelOutcome, GroupCancel, State
from zettai_demo.oracle import CHECKS, Evidence, judge
from zettai_demo.provider import FinalStatus
from zettai_demo.requests import GroupTold

Q, S, U, A = State.QUEUED, State.SUBMITTING, State.SUBMIT_UNKNOWN, State.ACCEPTED

LOST = "no accepted message is lost"
ONE_END = "each has exactly one final state"
ONCE = "the provider took each at most once"
WRITTEN = "each went to its number with its text"
RESULT = "delivered or not is what the carrier said"
UNSENT = "canceled, rejected or expired was never sent"
CANCELS = "cancels ended as they were told"
GROUPS = "groups were canceled as told"
EDGE = "invalid ones were refused at the edge"
LIMIT = "at most 600 calls in any sliding second"


def broken(evidence: Evidence) -> set[str]:
    """The promises that the verdict finds broken."""
    return {check.promise for check in judge(evidence) if not check.ok}


def test_all_is_well(evidence: Evidence) -> None:
    """A play without a difference breaks no promise, and every check has looked at something."""
    checks = judge(evidence)
    assert broken(evidence) == set()
    assert all(check.examined for check in checks)


def test_every_check_has_a_name_of_its_own(evidence: Evidence) -> None:
    """No two checks could be taken for each other."""
    assert len({check.promise for check in judge(evidence)}) == len(CHECKS)


@pytest.mark.parametrize(
    ("tag", "path", "promises"),
    [
        pytest.param("good", [], {LOST}, id="not in the store"),
        pytest.param("good", [Q, S, A], {ONE_END}, id="accepted for ever"),
        pytest.param("canceled", [Q], {LOST, ONE_END, CANCELS}, id="queued for ever"),
        pytest.param("canceled", [Q, S, A, State.DELIVERED], {LOST, RESULT, CANCELS}, id="delivered, never sent"),
        pytest.param("good", [Q, S, A, State.UNDELIVERED], {RESULT}, id="undelivered, was delivered"),
        pytest.param("bad", [Q, S, A, State.DELIVERED], {RESULT}, id="delivered, was not"),
        pytest.param("good", [Q, S, U, State.DELIVERY_UNKNOWN], {RESULT}, id="its end was not found out"),
        pytest.param("bad", [Q, State.CANCELED], {UNSENT}, id="canceled, was sent"),
        pytest.param("bad", [Q, State.EXPIRED], {UNSENT}, id="expired, was sent"),
        pytest.param("bad", [Q, S, State.REJECTED], {UNSENT}, id="rejected, was sent"),
        pytest.param("bad", [Q, S, State.FAILED], {UNSENT}, id="failed, was sent"),
        pytest.param("canceled", [Q, State.EXPIRED], {CANCELS}, id="told canceled, did expire"),
        pytest.param("late", [Q, State.CANCELED], {UNSENT, CANCELS}, id="told too late, was canceled"),
        pytest.param("good", [Q, S, A, State.UNDELIVERED, State.DELIVERED], set(), id="raised to delivered"),
        pytest.param("bad", [Q, S, A, State.DELIVERED, State.UNDELIVERED], {ONE_END}, id="lowered to undelivered"),
        pytest.param("good", [Q, State.SENDING, State.DELIVERED], {ONE_END}, id="sending without an attempt"),
    ],
)
def test_the_store_differs(
    in_store: Callable[..., Evidence], tag: str, path: Iterable[State], promises: set[str]
) -> None:
    """Each way in which a record may be wrong breaks the promises that it should."""
    assert broken(in_store(tag, *path)) == promises


@pytest.mark.parametrize(
    ("tag", "changes", "promises"),
    [
        pytest.param("good", {}, {LOST, RESULT}, id="never came"),
        pytest.param("good", {"sent": False}, {LOST, RESULT}, id="still reserved"),
        pytest.param("good", {"final_status": FinalStatus.FAILED}, {RESULT}, id="failed"),
        pytest.param("good", {"final_status": 1}, {RESULT}, id="being sent for ever"),
        pytest.param("canceled", {"sent": True}, {UNSENT}, id="sent, though canceled"),
        pytest.param("canceled", {"sent": False}, {UNSENT}, id="waits to be sent, though canceled"),
        pytest.param("good", {"to": "+818012345678"}, {WRITTEN}, id="another number"),
        pytest.param("good", {"body": "another text"}, {WRITTEN}, id="another text"),
        pytest.param("stranger", {"sent": True}, {ONCE}, id="asked for by nobody"),
    ],
)
def test_the_provider_differs(
    at_provider: Callable[..., Evidence], tag: str, changes: dict[str, Any], promises: set[str]
) -> None:
    """Each way in which the truth may differ breaks the promises that it should."""
    assert broken(at_provider(tag, **changes)) == promises


def test_taken_twice(evidence: Evidence) -> None:
    """A message that was taken twice is found, though both are the same."""
    twice = replace(evidence, taken=[*evidence.taken, evidence.taken[0]])
    assert broken(twice) == {ONCE}


def test_listed_twice(evidence: Evidence) -> None:
    """A message in two states at once is found."""
    assert broken(replace(evidence, store=[*evidence.store, evidence.store[0]])) == {ONE_END}


def test_history_ends_elsewhere(evidence: Evidence) -> None:
    """A record whose history tells another end is found."""
    first, *others = evidence.store
    other_story = replace(first, history=first.history[:-1])
    assert broken(replace(evidence, store=[other_story, *others])) == {ONE_END}


def test_refused_but_recorded(evidence: Evidence) -> None:
    """A message that was refused, and is in the store all the same, is found."""
    stranger = replace(evidence.store[2], client_tag="stranger")
    assert broken(replace(evidence, store=[*evidence.store, stranger])) == {EDGE}


@pytest.mark.parametrize(
    ("told", "promises"),
    [
        ({"canceled": CancelOutcome.CANCELED}, set()),
        ({"canceled": CancelOutcome.PENDING}, set()),
        ({"good": CancelOutcome.PENDING}, set()),
        ({"good": CancelOutcome.TOO_LATE}, set()),
        ({"good": CancelOutcome.CANCELED}, {CANCELS}),
        ({"canceled": CancelOutcome.TOO_LATE}, {CANCELS}),
        ({"canceled": CancelOutcome.NOT_FOUND}, {CANCELS}),
        ({"nobody": CancelOutcome.CANCELED}, {CANCELS}),
    ],
)
def test_cancels(evidence: Evidence, told: dict[str, CancelOutcome], promises: set[str]) -> None:
    """What was told about a cancel must be what happened."""
    assert broken(replace(evidence, canceled=told)) == promises


@pytest.mark.parametrize(
    ("counts", "promises"),
    [
        (GroupCancel(canceled=1, too_late=1), set()),
        (GroupCancel(pending=2), set()),
        (GroupCancel(canceled=2), {GROUPS}),
        (GroupCancel(too_late=2), {GROUPS}),
        (GroupCancel(canceled=1), {GROUPS}),
        (GroupCancel(canceled=1, pending=1, too_late=1), {GROUPS}),
    ],
)
def test_groups(evidence: Evidence, counts: GroupCancel, promises: set[str]) -> None:
    """Of a group of two, one was canceled and one was sent."""
    group = GroupTold(["reserved", "good"], counts)
    assert broken(replace(evidence, groups=[group])) == promises


@pytest.mark.parametrize(("worst", "promises"), [(1, set()), (600, set()), (601, {LIMIT})])
def test_limit(evidence: Evidence, worst: int, promises: set[str]) -> None:
    """One call too many in a second is one too many."""
    assert broken(replace(evidence, worst_second=worst)) == promises


def test_wrong_ones_are_named(at_provider: Callable[..., Evidence]) -> None:
    """Whoever reads the verdict learns which message it is about, and never its number."""
    [wrong] = [text for check in judge(at_provider("good", to="+818012345678")) for text in check.wrong]
    assert wrong == "good reached another number, or with another text"
