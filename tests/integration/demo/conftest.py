"""Evidence of a small run without differences, for tests to change in one way each."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from zettai import CancelOutcome, Event, GroupCancel, Lane, Message, State
from zettai.core.events import EventType, MessageEvent
from zettai.core.states import EVENT_STATES
from zettai.core.times import now
from zettai_demo import summary
from zettai_demo.evidence import Evidence, FinalStatus, JournalEntry, ProviderRecord
from zettai_demo.request_log import GroupCancelResult, Request
from zettai_demo.summary import Measurements

FINAL_STATES = {
    "good": State.DELIVERED,
    "bad": State.UNDELIVERED,
    "canceled": State.CANCELED,
    "reserved": State.CANCELED,
    "late": State.DELIVERED,
    "brief": State.EXPIRED,
}
"""The messages by client tag. The provider accepted `reserved`, and its reservation was canceled."""

HISTORIES = {
    State.DELIVERED: (State.QUEUED, State.SUBMITTING, State.ACCEPTED, State.DELIVERED),
    State.UNDELIVERED: (State.QUEUED, State.SUBMITTING, State.ACCEPTED, State.UNDELIVERED),
    State.CANCELED: (State.QUEUED, State.CANCELED),
    State.EXPIRED: (State.QUEUED, State.EXPIRED),
}


def message(tag: str, *states: State) -> Message:
    """Return a message of the store with this history."""
    at = now()
    history = tuple(Event(at, state, "") for state in states)
    return Message(
        client_tag=tag,
        to="+819012345678",
        lane=Lane.BULK,
        state=states[-1],
        since=at,
        reason="",
        created_at=at,
        expires_at=at + timedelta(hours=1),
        history=history,
    )


def record(tag: str, **changes: Any) -> ProviderRecord:
    """Return the record of a message that the provider accepted, sent and delivered."""
    return replace(
        ProviderRecord(
            client_tag=tag,
            to="+819012345678",
            body=tag,
            sent=True,
            canceled=False,
            final_status=FinalStatus.DELIVERED,
            accepted_at=100.5,
            requests=1,
        ),
        **changes,
    )


def request_for(tag: str) -> Request:
    """Return the request of a message, half a second before the provider accepted it."""
    return Request(tag, "+819012345678", tag, Lane.URGENT, requested_at=100.0, short_lived=tag == "brief")


def with_events(evidence: Evidence, messages: Sequence[Message]) -> Evidence:
    """Return the evidence with these messages, and the events of their histories."""
    events = [
        MessageEvent(id=f"{place}-{number}", type=EventType(event.state), at=event.at, client_tag=message.client_tag)
        for place, message in enumerate(messages)
        for number, event in enumerate(message.history)
        if event.state in EVENT_STATES
    ]
    return replace(evidence, messages=messages, events=events)


def with_records(evidence: Evidence, *records: ProviderRecord) -> Evidence:
    """Return the evidence with other records, and a journal that agrees with them."""
    journal = [JournalEntry(one.client_tag, one.to, one.body) for one in records]
    return replace(evidence, records=records, journal=journal)


@pytest.fixture
def evidence() -> Evidence:
    """Evidence without any difference."""
    evidence = Evidence(
        requests={tag: request_for(tag) for tag in FINAL_STATES},
        cancels={"canceled": CancelOutcome.CANCELED, "late": CancelOutcome.TOO_LATE},
        successors={"canceled": "bad"},
        groups=[GroupCancelResult(["reserved", "good"], GroupCancel(pending=1, too_late=1))],
        suppressions={"+819012345678": 200.0},
        refused=2,
        messages=[],
        records=[],
        journal=[],
        worst_second=600,
        limit=600,
    )
    evidence = with_events(evidence, [message(tag, *HISTORIES[state]) for tag, state in FINAL_STATES.items()])
    return with_records(
        evidence,
        record("good"),
        record("bad", final_status=FinalStatus.FAILED),
        record("reserved", sent=False, canceled=True),
        record("late", requests=3),
    )


@pytest.fixture
def in_store(evidence: Evidence) -> Callable[..., Evidence]:
    """Return the evidence with another history of one message, or without it."""

    def change(tag: str, *states: State) -> Evidence:
        others = [one for one in evidence.messages if one.client_tag != tag]
        return with_events(evidence, [*others, message(tag, *states)] if states else others)

    return change


@pytest.fixture
def at_provider(evidence: Evidence) -> Callable[..., Evidence]:
    """Return the evidence with another record of one message, or without it."""

    def change(tag: str, **changes: Any) -> Evidence:
        others = [one for one in evidence.records if one.client_tag != tag]
        return with_records(evidence, *others, *([record(tag, **changes)] if changes else []))

    return change


@pytest.fixture
def measurements(evidence: Evidence) -> Measurements:
    """Return what was measured."""
    return Measurements(
        seconds=12.3,
        messages=6,
        states=summary.count_states(evidence.messages),
        worst_second=600,
        saturation=None,
        passwords_undisturbed=None,
        passwords=summary.password_waits(evidence),
        repeats=summary.repeats(evidence.records, {"0": 4, "400": 1}),
        answers={"0": 4, "400": 1},
    )
