"""`replace` in each state: exactly one of the message and its successor is sent, or none after a cancel."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from tests.support.store_helpers import (
    DAY,
    MINUTE,
    ZERO,
    claim_one,
    indexes_of,
    message_of,
    new_message,
    state_of,
    update_one,
)

from zettai.core.errors import InvalidMessage, ReplacementPending, TagConflict
from zettai.core.replacement import Changes, Replacement, ReplaceOutcome
from zettai.core.states import FINAL, NEVER_SENT, TRANSITIONS, State
from zettai.core.store import WorkerStore
from zettai.core.store.scripts import CANCELABLE

SCHEDULED = frozenset({State.SCHEDULED})


def message_in(store: WorkerStore, state: State, **keywords: Any) -> str:
    """Create a message that is sent in an hour, move it to a state, and return its tag."""
    one = new_message(
        **{
            "send_at": store.now() + timedelta(hours=1),
            "group": "clinic",
            "carrier": "au",
            "sender": "77777",
            "metadata": {"order": "1"},
            **keywords,
        }
    )
    store.create([one])
    if state is not State.QUEUED:
        claim_one(store, one.client_tag)
    if state not in {State.QUEUED, State.SUBMITTING}:
        update_one(store, one.client_tag, state, due_in=MINUTE)
    return one.client_tag


def replace(store: WorkerStore, tag: str, *, new_tag: str | None = "new", **keywords: Any) -> Replacement:
    """Replace a message by one with another text."""
    changes = Changes.validated(**{"send_at": None, "body": "changed", "client_tag": new_tag, **keywords})
    return store.replace(tag, changes)[0]


def prepared(store: WorkerStore) -> dict[str, str]:
    """Return all prepared successors. The counter of pending replacements agrees."""
    found = cast("dict[str, str]", store.redis.hgetall(store.keys.replacements))
    assert 2 * int(store.redis.hget(store.keys.replacement_outcomes, "pending") or 0) == len(found)
    return found


@pytest.mark.parametrize("state", [State.QUEUED, State.HELD])
def test_unsent_message_is_replaced_at_once(store: WorkerStore, state: State) -> None:
    tag = message_in(store, state)

    result = replace(store, tag)

    assert (result.outcome, result.client_tag) == (ReplaceOutcome.REPLACED, "new")
    old, new = message_of(store, tag), message_of(store, "new")
    assert result.message == new
    assert (old.state, old.reason, old.replaced_by, new.replaces) == (State.CANCELED, "replaced", "new", tag)
    inherited = ("to", "lane", "group", "carrier", "sender", "metadata", "send_at", "expires_at")
    assert [getattr(new, name) for name in inherited] == [getattr(old, name) for name in inherited]
    assert store.bodies([tag, "new"]) == [None, "changed"]
    assert list(store.tags(group="clinic")) == ["new", tag]
    assert indexes_of(store, "new") == [store.keys.due_to_send]
    assert prepared(store) == {}


def test_text_is_inherited_when_only_the_time_changes(store: WorkerStore) -> None:
    tag = message_in(store, State.SCHEDULED)
    later = store.now().replace(second=0, microsecond=0) + DAY

    replace(store, tag, body=None, send_at=later)
    update_one(store, tag, State.CANCELED, expected_states=SCHEDULED, claim_id=None)

    new = message_of(store, "new")
    assert (store.bodies(["new"]), new.send_at) == (["hello"], later)
    assert new.expires_at - later == timedelta(hours=1)


@pytest.mark.parametrize("state", [State.SCHEDULED, State.SUBMITTING, State.SUBMIT_UNKNOWN])
def test_successor_is_recorded_only_with_the_cancel(store: WorkerStore, state: State) -> None:
    tag = message_in(store, state)

    result = replace(store, tag)

    assert (result.outcome, result.client_tag, result.message) == (ReplaceOutcome.PENDING, "new", None)
    assert (state_of(store, tag), state_of(store, "new")) == (state, None)
    assert message_of(store, tag).cancel_requested
    assert len(prepared(store)) == 2
    claim_id = "claim" if state is State.SUBMITTING else None
    update_one(store, tag, State.CANCELED, expected_states=frozenset({state}), claim_id=claim_id)
    assert (state_of(store, tag), message_of(store, tag).reason) == (State.CANCELED, "replaced")
    assert state_of(store, "new") is State.QUEUED
    assert prepared(store) == {}
    assert replace(store, tag).outcome is ReplaceOutcome.REPLACED


def test_attempt_that_surely_failed_gives_way_to_the_successor(store: WorkerStore) -> None:
    tag = message_in(store, State.SUBMITTING)
    replace(store, tag)

    update_one(store, tag, State.QUEUED, due_in=ZERO)

    assert (state_of(store, tag), state_of(store, "new")) == (State.CANCELED, State.QUEUED)


ENDS = [
    (state, to) for state in (State.SCHEDULED, State.SUBMITTING) for to in TRANSITIONS[state] if to not in CANCELABLE
]


@pytest.mark.parametrize(("state", "to"), sorted(ENDS))
def test_exactly_one_of_the_two_remains(store: WorkerStore, state: State, to: State) -> None:
    """A message that was never sent gives way; any other keeps its place."""
    tag = message_in(store, state)
    replace(store, tag)

    claim_id = "claim" if state is State.SUBMITTING else None
    update_one(store, tag, to, expected_states=frozenset({state}), claim_id=claim_id, due_in=MINUTE)

    assert (state_of(store, "new") is not None) == (to in NEVER_SENT)
    assert prepared(store) == {}
    assert store.bodies([tag]) == [None]


def test_successor_that_comes_too_late_is_dropped(store: WorkerStore) -> None:
    tag = message_in(store, State.SCHEDULED)
    replace(store, tag)

    update_one(store, tag, State.ACCEPTED, expected_states=SCHEDULED, claim_id=None, due_in=MINUTE)

    assert replace(store, tag).outcome is ReplaceOutcome.TOO_LATE
    assert (state_of(store, tag), state_of(store, "new")) == (State.ACCEPTED, None)
    assert prepared(store) == {}


@pytest.mark.parametrize("state", sorted(FINAL | {State.ACCEPTED}))
def test_message_that_was_sent_or_ended_is_too_late(store: WorkerStore, state: State) -> None:
    tag = message_in(store, state)

    result = replace(store, tag)

    assert (result.outcome, state_of(store, tag), state_of(store, "new")) == (ReplaceOutcome.TOO_LATE, state, None)


def test_unknown_message_is_not_found(store: WorkerStore) -> None:
    assert replace(store, "unknown-tag").outcome is ReplaceOutcome.NOT_FOUND


@pytest.mark.parametrize("state", [State.QUEUED, State.SCHEDULED])
@pytest.mark.parametrize("new_tag", ["new", None])
def test_repeated_request_has_the_same_outcome(store: WorkerStore, state: State, new_tag: str | None) -> None:
    tag = message_in(store, state)

    first, second = replace(store, tag, new_tag=new_tag), replace(store, tag, new_tag=new_tag)

    assert first == second
    assert first.client_tag is not None


def test_second_replacement_of_a_replaced_message_is_too_late(store: WorkerStore) -> None:
    tag = message_in(store, State.QUEUED)
    replace(store, tag)

    result = replace(store, tag, body="changed again", new_tag="other")

    assert (result.outcome, result.client_tag) == (ReplaceOutcome.TOO_LATE, "new")
    assert state_of(store, "other") is None


def test_newest_of_two_pending_requests_wins(store: WorkerStore) -> None:
    tag = message_in(store, State.SCHEDULED)
    replace(store, tag)
    replace(store, tag, body="changed again", new_tag="other")

    update_one(store, tag, State.CANCELED, expected_states=SCHEDULED, claim_id=None)

    assert (state_of(store, "new"), store.bodies(["other"])) == (None, ["changed again"])


@pytest.mark.parametrize("canceled", ["old", "new"])
def test_cancel_drops_a_pending_successor(store: WorkerStore, canceled: str) -> None:
    tag = message_in(store, State.SCHEDULED, client_tag="old")
    replace(store, tag)

    store.cancel([canceled])
    update_one(store, tag, State.CANCELED, expected_states=SCHEDULED, claim_id=None)

    assert (state_of(store, tag), state_of(store, "new")) == (State.CANCELED, None)
    assert (message_of(store, tag).reason, prepared(store)) == ("test", {})


def test_tag_of_another_message_is_a_conflict(store: WorkerStore) -> None:
    tag, other = message_in(store, State.QUEUED), message_in(store, State.QUEUED)

    for used in (tag, other):
        with pytest.raises(TagConflict):
            replace(store, tag, new_tag=used)

    assert state_of(store, tag) is State.QUEUED


def test_tag_of_a_pending_successor_is_in_use(store: WorkerStore) -> None:
    tag, other = message_in(store, State.SCHEDULED), message_in(store, State.QUEUED)
    replace(store, tag)

    with pytest.raises(TagConflict):
        replace(store, other)
    [created] = store.create([new_message(client_tag="new")])
    assert isinstance(created.error, TagConflict)
    with pytest.raises(ReplacementPending):
        replace(store, "new", new_tag="newer")


def test_successor_whose_time_has_passed_is_sent_at_once(store: WorkerStore) -> None:
    tag = message_in(store, State.SCHEDULED)
    replace(store, tag)
    change_prepared(store, tag, lambda message: message.update(send_at=message["send_at"] - 3_601_000 - 60_000))

    update_one(store, tag, State.CANCELED, expected_states=SCHEDULED, claim_id=None)

    assert state_of(store, "new") is State.QUEUED
    assert "new" in store.claim_due_to_send(claim_timeout=MINUTE)


def test_successor_that_has_expired_ends_at_once(store: WorkerStore) -> None:
    tag = message_in(store, State.SCHEDULED)
    replace(store, tag)
    change_prepared(store, tag, lambda message: message.update(send_at=1_000_000))

    update_one(store, tag, State.CANCELED, expected_states=SCHEDULED, claim_id=None)

    assert (state_of(store, tag), state_of(store, "new")) == (State.CANCELED, State.EXPIRED)
    assert (indexes_of(store, "new"), store.bodies(["new"])) == ([], [None])


def test_message_whose_text_was_deleted_needs_a_new_one(store: WorkerStore) -> None:
    """Workers of an earlier version deleted the text when a message was reserved."""
    tag = message_in(store, State.SCHEDULED)
    store.redis.delete(store.keys.body(tag))

    with pytest.raises(InvalidMessage, match="body"):
        replace(store, tag, body=None, send_at=store.now() + DAY)

    assert not message_of(store, tag).cancel_requested


@pytest.mark.parametrize(
    ("field", "value"), [("body", ""), ("send_at", 5), ("client_tag", " x"), ("send_at", None), ("body", 7)]
)
def test_invalid_change_is_refused(field: str, value: object) -> None:
    body = "text" if field == "client_tag" else None
    given: dict[str, Any] = {"send_at": None, "body": body, "client_tag": None, field: value}

    with pytest.raises(InvalidMessage) as caught:
        Changes.validated(**given)

    assert caught.value.field == field


def change_prepared(store: WorkerStore, tag: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a prepared successor, as if time had passed."""
    key = store.keys.replacements
    successor = json.loads(str(store.redis.hget(key, f"old {tag}")))
    change(successor["message"])
    store.redis.hset(key, f"old {tag}", json.dumps(successor))
