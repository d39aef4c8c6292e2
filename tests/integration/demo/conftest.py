"""A small play that went well, for tests to make go wrong in one way each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from zettai import CancelOutcome, Event, GroupCancel, Lane, Message, State
from zettai.core.times import now
from zettai_demo.oracle import Evidence
from zettai_demo.provider import FinalStatus, Taken
from zettai_demo.requests import Asked, GroupTold

ENDS = {
    "good": State.DELIVERED,
    "bad": State.UNDELIVERED,
    "canceled": State.CANCELED,
    "reserved": State.CANCELED,
    "late": State.DELIVERED,
}
"""The messages of the play by tag, and how they end. `reserved` was taken by the provider, and canceled there."""

PATHS = {
    State.DELIVERED: (State.QUEUED, State.SUBMITTING, State.ACCEPTED, State.DELIVERED),
    State.UNDELIVERED: (State.QUEUED, State.SUBMITTING, State.ACCEPTED, State.UNDELIVERED),
    State.CANCELED: (State.QUEUED, State.CANCELED),
}


def message(tag: str, *path: State) -> Message:
    """A message in the store that has come this way."""
    at = now()
    history = tuple(Event(at, state, "") for state in path)
    return Message(
        client_tag=tag,
        to="+819012345678",
        lane=Lane.BULK,
        state=path[-1],
        since=at,
        reason="",
        created_at=at,
        expires_at=at + timedelta(hours=1),
        history=history,
    )


def taken(tag: str, **changes: Any) -> Taken:
    """A message that the provider took, sent and delivered."""
    return replace(
        Taken(
            client_tag=tag,
            to="+819012345678",
            body=tag,
            sent=True,
            canceled=False,
            final_status=FinalStatus.DELIVERED,
            taken_at=100.5,
            requests=1,
        ),
        **changes,
    )


def asked(tag: str) -> Asked:
    """A message that was asked for half a second before it was taken."""
    return Asked(tag, "+819012345678", tag, Lane.URGENT, at=100.0)


@pytest.fixture
def evidence() -> Evidence:
    """Everything as it should be."""
    return Evidence(
        asked={tag: asked(tag) for tag in ENDS},
        canceled={"canceled": CancelOutcome.CANCELED, "late": CancelOutcome.TOO_LATE},
        groups=[GroupTold(["reserved", "good"], GroupCancel(pending=1, too_late=1))],
        refused=2,
        store=[message(tag, *PATHS[state]) for tag, state in ENDS.items()],
        taken=[
            taken("good"),
            taken("bad", final_status=FinalStatus.FAILED),
            taken("reserved", sent=False, canceled=True),
            taken("late", requests=3),
        ],
        worst_second=600,
        limit=600,
    )


@pytest.fixture
def in_store(evidence: Evidence) -> Callable[[str, State], Evidence]:
    """The same, but that one message ended otherwise in the store."""

    def change(tag: str, *path: State) -> Evidence:
        others = [one for one in evidence.store if one.client_tag != tag]
        return replace(evidence, store=[*others, message(tag, *path)] if path else others)

    return change


@pytest.fixture
def at_provider(evidence: Evidence) -> Callable[..., Evidence]:
    """The same, but that something else became of one message at the provider; without changes, it never came."""

    def change(tag: str, **changes: Any) -> Evidence:
        others = [one for one in evidence.taken if one.client_tag != tag]
        return replace(evidence, taken=[*others, taken(tag, **changes)] if changes else others)

    return change
