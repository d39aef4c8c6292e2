"""The oracle reports no difference where there is none, and each kind of difference by the right check."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from tests.integration.demo.conftest import record, with_events, with_records

from zettai import CancelOutcome, GroupCancel, State
from zettai.core.events import EventType, MessageEvent
from zettai.core.times import now
from zettai_demo.evidence import Evidence, FinalStatus, JournalEntry
from zettai_demo.oracle import CHECKS, run_checks
from zettai_demo.request_log import GroupCancelResult

Q, S, U, A = State.QUEUED, State.SUBMITTING, State.SUBMIT_UNKNOWN, State.ACCEPTED

LOST = "no accepted message is lost"
FINAL = "each message has exactly one final state"
WORK = "no work is left in queues and indexes"
ONCE = "the provider accepted each message at most once"
UNCHANGED = "each message went to its number with its text"
RESULT = "each delivery result is that of the carrier"
UNSENT = "no canceled, rejected or expired message was sent"
CANCELS = "each cancel did what it returned"
GROUPS = "each group cancel did what it returned"
SUPPRESSIONS = "nothing is submitted to a number after its suppression"
REPLACED = "of each replaced message and its successor, one was sent"
INVALID = "invalid messages were rejected and not stored"
RECEIVED = "each event reached the webhook endpoint, in order"
EVENTS = "each final state and each finished group has its event"
LIMIT = "at most 600 calls in any sliding second"


def failed(evidence: Evidence) -> set[str]:
    return {check.promise for check in run_checks(evidence) if not check.ok}


def test_evidence_without_difference_passes_all_checks(evidence: Evidence) -> None:
    assert failed(evidence) == set()
    assert all(check.examined for check in run_checks(evidence))


def test_each_check_has_its_own_name(evidence: Evidence) -> None:
    names = {
        LOST,
        FINAL,
        WORK,
        ONCE,
        UNCHANGED,
        RESULT,
        UNSENT,
        CANCELS,
        GROUPS,
        REPLACED,
        SUPPRESSIONS,
        INVALID,
        EVENTS,
        RECEIVED,
        LIMIT,
    }
    received = [event.id for event in evidence.events]
    assert {check.promise for check in run_checks(replace(evidence, received_events=received))} == names
    assert {check.promise for check in run_checks(evidence)} == names - {RECEIVED}
    assert len(CHECKS) == len(names)


@pytest.mark.parametrize(
    ("tag", "states", "checks"),
    [
        pytest.param("good", [], {LOST}, id="not in the store"),
        pytest.param("good", [Q, S, A], {FINAL}, id="accepted for ever"),
        pytest.param("canceled", [Q], {LOST, FINAL, CANCELS}, id="queued for ever"),
        pytest.param("canceled", [Q, S, A, State.DELIVERED], {LOST, RESULT, CANCELS}, id="delivered, never sent"),
        pytest.param("good", [Q, S, A, State.UNDELIVERED], {RESULT}, id="undelivered, was delivered"),
        pytest.param("bad", [Q, S, A, State.DELIVERED], {RESULT}, id="delivered, was not"),
        pytest.param("good", [Q, S, U, State.DELIVERY_UNKNOWN], {RESULT}, id="result unknown"),
        pytest.param("bad", [Q, State.CANCELED], {LOST, UNSENT}, id="canceled without request, was sent"),
        pytest.param("good", [Q, State.CANCELED], {UNSENT, GROUPS}, id="canceled with its group, was sent"),
        pytest.param("bad", [Q, State.EXPIRED], {LOST, UNSENT}, id="expired, was sent"),
        pytest.param("bad", [Q, S, State.REJECTED], {LOST, UNSENT}, id="rejected, was sent"),
        pytest.param("bad", [Q, S, State.FAILED], {LOST, UNSENT}, id="failed, was sent"),
        pytest.param("canceled", [Q, State.EXPIRED], {LOST, CANCELS}, id="cancel succeeded, is expired"),
        pytest.param("late", [Q, State.CANCELED], {UNSENT, CANCELS}, id="cancel was too late, is canceled"),
        pytest.param("good", [Q, S, A, State.UNDELIVERED, State.DELIVERED], set(), id="raised to delivered"),
        pytest.param("bad", [Q, S, A, State.DELIVERED, State.UNDELIVERED], {FINAL}, id="lowered to undelivered"),
        pytest.param("good", [Q, State.SENDING, State.DELIVERED], {FINAL}, id="sending without an attempt"),
        pytest.param("brief", [Q, S, U, State.DELIVERY_UNKNOWN], set(), id="short-lived, result unknown"),
        pytest.param("brief", [Q, S, State.REJECTED], {LOST}, id="short-lived, rejected"),
        pytest.param("brief", [Q, S, A, State.DELIVERED], {LOST, RESULT}, id="short-lived, delivered, never sent"),
    ],
)
def test_wrong_store_is_reported(
    in_store: Callable[..., Evidence], tag: str, states: Iterable[State], checks: set[str]
) -> None:
    assert failed(in_store(tag, *states)) == checks


@pytest.mark.parametrize(
    ("tag", "changes", "checks"),
    [
        pytest.param("good", {}, {LOST, RESULT}, id="never accepted"),
        pytest.param("good", {"sent": False}, {LOST, RESULT}, id="still reserved"),
        pytest.param("good", {"final_status": FinalStatus.FAILED}, {RESULT}, id="failed"),
        pytest.param("good", {"final_status": 1}, {RESULT}, id="no final status"),
        pytest.param("canceled", {"sent": True}, {REPLACED, UNSENT}, id="sent, though canceled"),
        pytest.param("canceled", {"sent": False}, {UNSENT}, id="still reserved, though canceled"),
        pytest.param("brief", {"sent": True}, {UNSENT}, id="sent, though expired"),
        pytest.param("good", {"to": "+818012345678"}, {UNCHANGED}, id="another number"),
        pytest.param("good", {"body": "another text"}, {UNCHANGED}, id="another text"),
        pytest.param("unknown", {"sent": True}, {ONCE}, id="never requested"),
        pytest.param("unknown", {"body": "good"}, {ONCE}, id="same text under another tag"),
    ],
)
def test_wrong_record_is_reported(
    at_provider: Callable[..., Evidence], tag: str, changes: dict[str, Any], checks: set[str]
) -> None:
    assert failed(at_provider(tag, **changes)) == checks


def test_message_accepted_twice_is_reported(evidence: Evidence) -> None:
    assert failed(with_records(evidence, *evidence.records, evidence.records[0])) == {ONCE}


@pytest.mark.parametrize(
    "journal",
    [
        pytest.param([], id="empty"),
        pytest.param([JournalEntry("good", "+819012345678", "good")] * 2, id="twice"),
    ],
)
def test_journal_that_differs_from_records_is_reported(evidence: Evidence, journal: list[JournalEntry]) -> None:
    assert failed(replace(evidence, journal=journal)) == {ONCE}


def test_message_listed_twice_is_reported(evidence: Evidence) -> None:
    assert failed(replace(evidence, messages=[*evidence.messages, evidence.messages[0]])) == {FINAL}


def test_history_with_another_end_is_reported(evidence: Evidence) -> None:
    first, *others = evidence.messages
    changed = replace(first, history=first.history[:-1])
    assert failed(with_events(evidence, [changed, *others])) == {FINAL}


def test_late_message_is_reported(evidence: Evidence) -> None:
    assert failed(replace(evidence, late={"good": "queued"})) == {FINAL}


def test_work_left_is_reported(evidence: Evidence) -> None:
    assert failed(replace(evidence, work_left={"queue": 1})) == {WORK}


def test_refused_message_in_store_is_reported(evidence: Evidence) -> None:
    unknown = replace(evidence.messages[2], client_tag="unknown")
    assert failed(with_events(evidence, [*evidence.messages, unknown])) == {INVALID}


@pytest.mark.parametrize(
    ("cancels", "checks"),
    [
        ({"canceled": CancelOutcome.CANCELED}, set()),
        ({"canceled": CancelOutcome.CANCELED, "good": CancelOutcome.TOO_LATE}, set()),
        ({"canceled": CancelOutcome.CANCELED, "good": CancelOutcome.PENDING}, {CANCELS}),
        ({"canceled": CancelOutcome.CANCELED, "good": CancelOutcome.CANCELED}, {CANCELS, UNSENT}),
        ({"canceled": CancelOutcome.CANCELED, "unknown": CancelOutcome.CANCELED}, {CANCELS}),
        ({"canceled": CancelOutcome.PENDING}, {CANCELS}),
        ({"canceled": CancelOutcome.TOO_LATE}, {CANCELS}),
        ({"canceled": CancelOutcome.NOT_FOUND}, {CANCELS}),
        ({}, {LOST}),
    ],
)
def test_wrong_cancel_outcome_is_reported(
    evidence: Evidence, cancels: dict[str, CancelOutcome], checks: set[str]
) -> None:
    assert failed(replace(evidence, cancels=cancels)) == checks


@pytest.mark.parametrize(
    ("counts", "checks"),
    [
        (GroupCancel(canceled=1, too_late=1), set()),
        (GroupCancel(pending=2), set()),
        (GroupCancel(canceled=2), {GROUPS}),
        (GroupCancel(too_late=2), {GROUPS}),
        (GroupCancel(canceled=1), {GROUPS}),
        (GroupCancel(canceled=1, pending=1, too_late=1), {GROUPS}),
    ],
)
def test_wrong_group_counts_are_reported(evidence: Evidence, counts: GroupCancel, checks: set[str]) -> None:
    group = GroupCancelResult(["reserved", "good"], counts)
    assert failed(replace(evidence, groups=[group])) == checks


@pytest.mark.parametrize("pair", [("good", "bad"), ("canceled", "reserved")], ids=["both sent", "none sent"])
def test_message_and_successor_of_which_not_one_was_sent_are_reported(
    evidence: Evidence, pair: tuple[str, str]
) -> None:
    assert failed(replace(evidence, successors=dict([pair]))) == {REPLACED}


def test_final_state_without_its_event_is_reported(evidence: Evidence) -> None:
    assert failed(replace(evidence, events=evidence.events[1:])) == set()  # accepted
    assert failed(replace(evidence, events=evidence.events[:-1])) == {EVENTS}


def test_final_state_with_two_events_is_reported(evidence: Evidence) -> None:
    assert failed(replace(evidence, events=[*evidence.events, evidence.events[-1]])) == {EVENTS}


def test_event_that_a_webhook_endpoint_did_not_get_is_reported(evidence: Evidence) -> None:
    ids = [event.id for event in evidence.events]
    assert failed(replace(evidence, received_events=[*ids, ids[0]])) == set()  # one came twice
    assert failed(replace(evidence, received_events=ids[1:])) == {RECEIVED}


def test_event_that_overtook_another_one_of_its_message_is_reported(evidence: Evidence) -> None:
    ids = [event.id for event in evidence.events]
    first, second = (event.id for event in evidence.events if event.client_tag == "good")
    others = [event_id for event_id in ids if event_id not in {first, second}]
    assert failed(replace(evidence, received_events=[*others, second, first])) == {RECEIVED}
    assert failed(replace(evidence, received_events=[*others, first, second, first])) == set()


def test_group_that_was_not_reported_as_finished_is_reported(evidence: Evidence) -> None:
    first, *others = evidence.messages
    grouped = replace(evidence, messages=[replace(first, group="g"), *others])
    finished = MessageEvent(id="9-0", type=EventType.GROUP_FINISHED, at=now(), group="g")

    assert failed(grouped) == {EVENTS}
    assert failed(replace(grouped, events=[*grouped.events, finished])) == set()


@pytest.mark.parametrize(("worst", "checks"), [(1, set()), (600, set()), (601, {LIMIT})])
def test_second_over_the_limit_is_reported(evidence: Evidence, worst: int, checks: set[str]) -> None:
    assert failed(replace(evidence, worst_second=worst)) == checks


def test_difference_names_the_message_but_not_its_number(evidence: Evidence) -> None:
    others = evidence.records[1:]
    changed = with_records(evidence, record("good", to="+818012345678"), *others)
    [wrong] = [text for check in run_checks(changed) for text in check.wrong]
    assert wrong == "good reached another number, or with another text"


def test_message_submitted_after_the_suppression_of_its_number_is_reported(evidence: Evidence) -> None:
    early = replace(evidence, suppressions={"+819012345678": 50.0})

    assert failed(early) == {SUPPRESSIONS}


def test_message_claimed_before_the_suppression_of_its_number_may_be_sent(evidence: Evidence) -> None:
    later = now().timestamp() + 60
    late_records = [
        replace(one, accepted_at=later + 1) for one in evidence.records if one.client_tag in {"good", "bad"}
    ]
    others = [one for one in evidence.records if one.client_tag not in {"good", "bad"}]

    changed = replace(with_records(evidence, *late_records, *others), suppressions={"+819012345678": later})

    assert SUPPRESSIONS not in failed(changed)


def test_suppressed_message_is_not_lost(evidence: Evidence, in_store: Callable[..., Evidence]) -> None:
    changed = in_store("bad", Q, State.CANCELED)
    suppressed = [replace(one, reason="suppressed") if one.client_tag == "bad" else one for one in changed.messages]
    records = [one for one in evidence.records if one.client_tag != "bad"]
    changed = with_records(replace(changed, messages=suppressed), *records)

    assert failed(changed) == set()
    assert LOST in failed(replace(changed, suppressions={}))
