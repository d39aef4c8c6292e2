"""The store on a real server: one right to act, under a lease, and nothing against the table of states."""

import pytest
from tests.support.store_helpers import (
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


def test_only_one_of_two_claims_succeeds(store: WorkerStore) -> None:
    """The right to send is given once."""
    one = new_message()
    store.create([one])

    assert claim_one(store, one.client_tag, "first")
    assert not claim_one(store, one.client_tag, "second")


def test_a_claim_whose_answer_was_lost_can_be_repeated(store: WorkerStore) -> None:
    """The same token gets the same answer, and no attempt is counted twice."""
    one = new_message()
    store.create([one])

    assert claim_one(store, one.client_tag) == claim_one(store, one.client_tag)


def test_a_tag_named_twice_is_claimed_once(store: WorkerStore) -> None:
    """A task that was put together carelessly, or by an attacker, sends nothing twice."""
    one = new_message()
    store.create([one])

    assert len(store.claim([one.client_tag, one.client_tag], "claim", claim_timeout=MINUTE, held_for=MINUTE)) == 1


def test_an_answer_under_a_lost_lease_changes_nothing(store: WorkerStore) -> None:
    """Whoever slept through the lease comes too late."""
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag, "sleeper", claim_timeout=ZERO)
    store.process_due([one.client_tag], held_for=MINUTE)
    claim_one(store, one.client_tag, "other")

    assert update_one(store, one.client_tag, State.ACCEPTED, claim_id="sleeper") is None
    assert state_of(store, one.client_tag) is State.SUBMITTING


def test_a_lease_that_stands_is_left_alone(store: WorkerStore) -> None:
    """A sweep that comes too early takes nobody's message away."""
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)

    assert store.process_due([one.client_tag], held_for=MINUTE) == {}
    assert state_of(store, one.client_tag) is State.SUBMITTING


def test_due_work_is_leased_not_lost(store: WorkerStore) -> None:
    """What one took and did not do comes back when its lease ends, and not before."""
    tag = accepted(store)
    update_one(store, tag, None, expected_states=frozenset({State.ACCEPTED}), claim_id=None, due_in=ZERO)

    assert store.claim_due_to_check(claim_timeout=ZERO) == [tag]
    assert store.claim_due_to_check(claim_timeout=MINUTE) == [tag]
    assert store.claim_due_to_check(claim_timeout=MINUTE) == []


@pytest.mark.parametrize("state", sorted(FINAL | AT_PROVIDER))
def test_what_is_not_to_be_sent_cannot_be_claimed(store: WorkerStore, state: State) -> None:
    """However many tasks come by."""
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, state)

    assert claim_one(store, one.client_tag, "another") is None
    assert state_of(store, one.client_tag) is state


def test_a_forbidden_transition_is_refused(store: WorkerStore) -> None:
    """The table decides on the server, whoever asks, and nothing is changed."""
    tag = accepted(store)
    before = store.get([tag])

    with pytest.raises(ForbiddenTransition):
        update_one(
            store, tag, State.QUEUED, expected_states=frozenset({State.ACCEPTED}), claim_id=None, fields={"parts": 3}
        )

    assert store.get([tag]) == before


def test_the_body_is_erased_once_the_provider_has_it(store: WorkerStore) -> None:
    """Personal data is kept as long as it is needed, and no longer."""
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    assert store.redis.get(store.keys.body(one.client_tag)) == "hello"
    store.process_due([one.client_tag], held_for=MINUTE)
    claim_one(store, one.client_tag)

    update_one(store, one.client_tag, State.ACCEPTED)

    assert not store.redis.exists(store.keys.body(one.client_tag))


def test_a_repeat_is_told_from_a_conflict_even_without_the_body(store: WorkerStore) -> None:
    """The fingerprint outlives the body."""
    tag = accepted(store, client_tag="known")

    same, other = store.create([new_message(client_tag=tag), new_message(client_tag=tag, body="other")])

    assert (same.repeated, type(other.error)) == (True, TagConflict)


def test_a_retry_is_not_claimed_before_its_time(store: WorkerStore) -> None:
    """A task that comes by early (published twice, redelivered) does not undo the back-off."""
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.QUEUED, due_in=MINUTE)

    assert claim_one(store, one.client_tag) is None
