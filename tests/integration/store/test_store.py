"""The store on a real server: claims, updates, and the table of states."""

import pytest
from tests.support.store_helpers import (
    DAY,
    MINUTE,
    ZERO,
    accepted,
    claim_one,
    new_message,
    state_of,
    update_one,
)

from zettai.core.errors import TagConflict
from zettai.core.states import AT_PROVIDER, FINAL, State
from zettai.core.store import WorkerStore
from zettai.core.store.updates import ForbiddenTransition


def test_second_claim_of_a_message_fails(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])

    assert claim_one(store, one.client_tag, "first")
    assert not claim_one(store, one.client_tag, "second")


def test_repeated_claim_with_the_same_id_returns_the_same_claim(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])

    assert claim_one(store, one.client_tag) == claim_one(store, one.client_tag)


def test_tag_given_twice_is_claimed_once(store: WorkerStore) -> None:
    """Otherwise it would be sent twice."""
    one = new_message()
    store.create([one])

    assert len(store.claim([one.client_tag, one.client_tag], "claim", claim_timeout=MINUTE, held_for=MINUTE)) == 1


def test_update_after_the_claim_timed_out_changes_nothing(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag, "sleeper", claim_timeout=ZERO)
    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)
    claim_one(store, one.client_tag, "other")

    assert update_one(store, one.client_tag, State.ACCEPTED, claim_id="sleeper") is None
    assert state_of(store, one.client_tag) is State.SUBMITTING


def test_message_with_a_valid_claim_is_not_released(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)

    assert store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY) == {}
    assert state_of(store, one.client_tag) is State.SUBMITTING


def test_claimed_due_message_is_due_again_after_the_claim_timeout(store: WorkerStore) -> None:
    tag = accepted(store)
    update_one(store, tag, None, expected_states=frozenset({State.ACCEPTED}), claim_id=None, due_in=ZERO)

    assert store.claim_due_to_check(claim_timeout=ZERO) == [tag]
    assert store.claim_due_to_check(claim_timeout=MINUTE) == [tag]
    assert store.claim_due_to_check(claim_timeout=MINUTE) == []


@pytest.mark.parametrize("state", sorted(FINAL | AT_PROVIDER))
def test_message_that_must_not_be_sent_cannot_be_claimed(store: WorkerStore, state: State) -> None:
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, state)

    assert claim_one(store, one.client_tag, "another") is None
    assert state_of(store, one.client_tag) is state


def test_forbidden_transition_raises_and_changes_nothing(store: WorkerStore) -> None:
    tag = accepted(store)
    before = store.get([tag])

    with pytest.raises(ForbiddenTransition):
        update_one(
            store, tag, State.QUEUED, expected_states=frozenset({State.ACCEPTED}), claim_id=None, fields={"parts": 3}
        )

    assert store.get([tag]) == before


def test_body_is_deleted_when_the_provider_has_the_message(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    assert store.redis.get(store.keys.body(one.client_tag)) == "hello"
    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)
    claim_one(store, one.client_tag)

    update_one(store, one.client_tag, State.ACCEPTED)

    assert not store.redis.exists(store.keys.body(one.client_tag))


def test_repeat_and_conflict_are_distinguished_after_the_body_is_deleted(store: WorkerStore) -> None:
    tag = accepted(store, client_tag="known")

    same, other = store.create([new_message(client_tag=tag), new_message(client_tag=tag, body="other")])

    assert (same.repeated, type(other.error)) == (True, TagConflict)


def test_message_is_not_claimed_before_its_retry_is_due(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.QUEUED, due_in=MINUTE)

    assert claim_one(store, one.client_tag) is None
