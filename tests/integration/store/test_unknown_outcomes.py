"""Messages whose fate or time is open (in doubt, reserved, to be canceled, late), and what a claim then allows."""

from datetime import timedelta

from tests.support.store_helpers import (
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


def test_a_lease_that_ran_out_leaves_doubt(store: WorkerStore) -> None:
    """The worker died, perhaps after the provider took it."""
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag, claim_timeout=ZERO)

    assert store.claim_due_to_send(claim_timeout=MINUTE) == [one.client_tag]
    assert store.process_due([one.client_tag], held_for=MINUTE) == {Lane.NORMAL: [one.client_tag]}
    claim = claim_one(store, one.client_tag, "next")
    assert claim is not None
    assert claim.outcome_unknown


def test_what_is_late_expires(store: WorkerStore) -> None:
    """An unsent message past its time ends, and is not handed out."""
    one = new_message(expires_in=timedelta(milliseconds=1))
    store.create([one])
    while store.now() <= now() - MINUTE or is_in_time(store, one.client_tag):
        pass

    assert claim_one(store, one.client_tag) is None
    assert state_of(store, one.client_tag) is State.EXPIRED


def test_doubt_past_its_time_is_only_looked_up(store: WorkerStore) -> None:
    """What may have been sent is neither sent again late, nor called expired."""
    one = new_message(expires_in=timedelta(milliseconds=50))
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.process_due([one.client_tag], held_for=MINUTE)
    while is_in_time(store, one.client_tag):
        pass

    claim = claim_one(store, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.LOOK_UP


def test_a_reservation_is_claimed_with_its_time(store: WorkerStore) -> None:
    """The provider keeps what lies far enough ahead."""
    one = new_message(send_at=now() + timedelta(hours=1))
    store.create([one])

    claim = claim_one(store, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.RESERVE


def test_a_near_time_waits_here(store: WorkerStore) -> None:
    """Too near for a provider that counts in minutes: it is due in the store at its time."""
    one = new_message(send_at=now() + timedelta(seconds=5))
    store.create([one])

    assert claim_one(store, one.client_tag) is None
    assert indexes_of(store, one.client_tag) == [store.keys.due_to_send]


def test_a_wish_to_cancel_comes_true_when_nothing_was_sent(store: WorkerStore) -> None:
    """The attempt failed for sure, so the wish needs nobody's leave."""
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    assert store.cancel([one.client_tag]) == ["pending"]

    assert update_one(store, one.client_tag, State.QUEUED, due_in=MINUTE) is State.CANCELED


def test_a_message_in_doubt_with_a_wish_is_never_sent_again(store: WorkerStore) -> None:
    """Only looked up: a second attempt could send what the caller wants canceled."""
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.cancel([one.client_tag])
    store.process_due([one.client_tag], held_for=MINUTE)

    claim = claim_one(store, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.LOOK_UP


def test_a_reservation_in_doubt_with_a_wish_is_made_sure_of(store: WorkerStore) -> None:
    """It is asked for again with the same tag, since only what the provider surely has can surely be canceled."""
    one = new_message(send_at=store.now() + timedelta(hours=1))
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.cancel([one.client_tag])
    store.process_due([one.client_tag], held_for=MINUTE)

    claim = claim_one(store, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.RESERVE


def test_doubt_about_a_message_for_a_time_that_has_come_is_resolved_by_the_same_tag(store: WorkerStore) -> None:
    """Its worker died with it: a look-up alone would find nothing, for ever, and it would never be sent."""
    one = new_message(send_at=store.now() + timedelta(seconds=1))
    store.create([one])
    make_due(store, one.client_tag)
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.process_due([one.client_tag], held_for=MINUTE)

    claim = claim_one(store, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.SEND


def test_doubt_about_a_message_just_before_its_time_is_only_looked_up(store: WorkerStore) -> None:
    """Too near to be reserved, and to send it now would be early."""
    one = new_message(send_at=store.now() + timedelta(hours=1))
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.process_due([one.client_tag], held_for=MINUTE)
    soon = to_milliseconds(store.now() + MINUTE)
    store.redis.hset(store.keys.message(one.client_tag), "send_at", soon)

    claim = claim_one(store, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.LOOK_UP
