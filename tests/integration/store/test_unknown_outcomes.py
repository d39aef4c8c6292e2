"""Messages with an unknown outcome, a send time, an expiry or a cancel request, and what a claim allows."""

from datetime import timedelta

from tests.support.store_helpers import (
    DAY,
    MINUTE,
    ZERO,
    claim_one,
    indexes_of,
    is_in_time,
    make_due,
    new_message,
    state_of,
    update_one,
)

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import ClaimKind, WorkerStore
from zettai.core.times import now, to_milliseconds


def test_timed_out_claim_makes_the_outcome_unknown(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag, claim_timeout=ZERO)

    assert store.claim_due_to_send(claim_timeout=MINUTE) == [one.client_tag]
    assert store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY) == {Lane.NORMAL: [one.client_tag]}
    claim = claim_one(store, one.client_tag, "next")
    assert claim is not None
    assert claim.outcome_unknown


def test_unsent_message_expires(store: WorkerStore) -> None:
    one = new_message(expires_in=timedelta(milliseconds=1))
    store.create([one])
    while store.now() <= now() - MINUTE or is_in_time(store, one.client_tag):
        pass

    assert claim_one(store, one.client_tag) is None
    assert state_of(store, one.client_tag) is State.EXPIRED


def test_expired_message_with_unknown_outcome_is_only_looked_up(store: WorkerStore) -> None:
    one = new_message(expires_in=timedelta(milliseconds=50))
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)
    while is_in_time(store, one.client_tag):
        pass

    assert claim_one(store, one.client_tag) is None
    assert indexes_of(store, one.client_tag) == [store.keys.due_to_check]


def test_message_for_a_later_time_is_reserved(store: WorkerStore) -> None:
    one = new_message(send_at=now() + timedelta(hours=1))
    store.create([one])

    claim = claim_one(store, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.RESERVE


def test_message_for_a_near_time_waits_in_the_store(store: WorkerStore) -> None:
    one = new_message(send_at=now() + timedelta(seconds=5))
    store.create([one])

    assert claim_one(store, one.client_tag) is None
    assert indexes_of(store, one.client_tag) == [store.keys.due_to_send]


def test_requested_cancel_is_done_when_the_attempt_failed(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    assert store.cancel([one.client_tag]) == ["pending"]

    assert update_one(store, one.client_tag, State.QUEUED, due_in=MINUTE) is State.CANCELED


def test_canceled_message_with_unknown_outcome_is_only_looked_up(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.cancel([one.client_tag])
    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)

    assert claim_one(store, one.client_tag) is None
    assert indexes_of(store, one.client_tag) == [store.keys.due_to_check]


def test_canceled_reservation_with_unknown_outcome_is_reserved_again(store: WorkerStore) -> None:
    """Only a reservation that the provider has for certain can be canceled."""
    one = new_message(send_at=store.now() + timedelta(hours=1))
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.cancel([one.client_tag])
    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)

    claim = claim_one(store, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.RESERVE


def test_unknown_outcome_is_sent_again_after_its_send_time(store: WorkerStore) -> None:
    """A look-up alone would find nothing if the worker died before it sent the message."""
    one = new_message(send_at=store.now() + timedelta(seconds=1))
    store.create([one])
    make_due(store, one.client_tag)
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)

    claim = claim_one(store, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.SEND


def test_unknown_outcome_is_only_looked_up_just_before_its_send_time(store: WorkerStore) -> None:
    one = new_message(send_at=store.now() + timedelta(hours=1))
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)
    soon = to_milliseconds(store.now() + MINUTE)
    store.redis.hset(store.keys.message(one.client_tag), "send_at", soon)

    assert claim_one(store, one.client_tag) is None
    assert indexes_of(store, one.client_tag) == [store.keys.due_to_check]
