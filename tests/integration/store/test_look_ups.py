"""Messages with an unknown outcome that are only looked up: when they are due, what is recorded, and how they end."""

from datetime import timedelta

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
    wait_a_millisecond,
)

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.times import to_milliseconds

UNKNOWN = frozenset({State.SUBMIT_UNKNOWN})


def unknown(store: WorkerStore, **fields: str | int) -> str:
    """Return the tag of a message with an unknown outcome, which is due now."""
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO, fields=fields)
    return one.client_tag


def process(store: WorkerStore, tag: str, give_up_after: timedelta = DAY) -> dict[Lane, list[str]]:
    """Process a message as beat does when it is due."""
    return store.process_due([tag], held_for=MINUTE, give_up_after=give_up_after)


def looked_up(store: WorkerStore, tag: str, *, found: bool | None, calls: int = 1) -> None:
    """Record a look-up that did not settle the outcome."""
    update_one(store, tag, None, expected_states=UNKNOWN, claim_id=None, due_in=ZERO, found=found, calls=calls)


@pytest.mark.parametrize("field", ["tag_used", "refused"])
def test_message_that_the_provider_refused_is_only_looked_up(store: WorkerStore, field: str) -> None:
    tag = unknown(store, **{field: 1})

    assert process(store, tag) == {}
    assert indexes_of(store, tag) == [store.keys.due_to_check]
    assert store.claim_due_to_check(claim_timeout=MINUTE) == [tag]


def test_cancel_makes_a_look_up_due_now(store: WorkerStore) -> None:
    tag = unknown(store)
    update_one(store, tag, None, expected_states=UNKNOWN, claim_id=None, due_in=DAY)

    assert store.cancel([tag]) == ["pending"]

    assert store.claim_due_to_check(claim_timeout=MINUTE) == [tag]


def test_unknown_outcome_ends_by_time_alone(store: WorkerStore) -> None:
    tag = unknown(store)
    store.suspend("provider down", retry_in=MINUTE, circuit_open=True)
    store.redis.hset(store.keys.message(tag), "expires", to_milliseconds(store.now() - MINUTE))
    wait_a_millisecond(store)  # the time was rounded, up to half a millisecond later

    process(store, tag, give_up_after=2 * MINUTE)
    assert state_of(store, tag) is State.SUBMIT_UNKNOWN
    process(store, tag, give_up_after=MINUTE)

    assert (state_of(store, tag), message_of(store, tag).reason) == (State.DELIVERY_UNKNOWN, "no answer in time")
    assert indexes_of(store, tag) == []


def test_look_up_does_not_use_the_probe(store: WorkerStore) -> None:
    tag = unknown(store, tag_used=1)
    other = new_message()
    store.create([other])
    store.suspend("provider down", retry_in=MINUTE, circuit_open=True)
    store.redis.hset(store.keys.suspension, "retry_at", 0)

    claims = store.claim([tag, other.client_tag], "probe", claim_timeout=MINUTE, held_for=MINUTE)
    assert [claim.message.client_tag for claim in claims] == [other.client_tag]


def test_calls_are_counted_and_the_first_empty_look_up_is_recorded(store: WorkerStore) -> None:
    tag = unknown(store)
    looked_up(store, tag, found=False, calls=2)
    first = message_of(store, tag)
    wait_a_millisecond(store)
    looked_up(store, tag, found=False)
    looked_up(store, tag, found=None)
    last = message_of(store, tag)

    assert (first.calls, last.calls) == (2, 4)
    assert first.not_found_since is not None
    assert last.not_found_since == first.not_found_since

    looked_up(store, tag, found=True)
    assert message_of(store, tag).not_found_since is None


def test_another_attempt_starts_a_new_row_of_look_ups_in_the_same_doubt(store: WorkerStore) -> None:
    tag = unknown(store)
    looked_up(store, tag, found=False)
    began = message_of(store, tag).unknown_since
    wait_a_millisecond(store)
    process(store, tag)

    assert claim_one(store, tag)
    update_one(store, tag, State.SUBMIT_UNKNOWN, due_in=ZERO)

    assert (message_of(store, tag).not_found_since, message_of(store, tag).unknown_since) == (None, began)


def test_success_ends_the_parking_of_its_message(store: WorkerStore) -> None:
    tag = unknown(store)
    store.note_refusal(tag, "code 310", retry_in=MINUTE)
    assert message_of(store, tag).parked

    process(store, tag)
    claim_one(store, tag)
    update_one(store, tag, State.ACCEPTED, due_in=MINUTE)

    assert not message_of(store, tag).parked
