"""Reservations of a paused campaign: they are taken back, and reserved again if their time has not passed."""

from datetime import datetime

import pytest
from tests.support.campaigns import GROUP, HOUR, MONDAY, create, pause, resume, take
from tests.support.redis_clock import RedisClock
from tests.support.store_helpers import DAY, MINUTE, claim_one, state_of, update_one

from zettai.core.states import State
from zettai.core.store import ClaimKind, WorkerStore
from zettai.core.times import now

pytestmark = pytest.mark.usefixtures("clock")


def _reserve(store: WorkerStore, at: datetime) -> str:
    [tag] = create(store, 1, send_at=at)
    claim_one(store, tag)
    update_one(store, tag, State.SCHEDULED)
    return tag


def _confirm_cancel(store: WorkerStore, tag: str) -> str:
    """Record that the provider has canceled a reservation, and return the tag of the successor."""
    update_one(store, tag, State.CANCELED, expected_states=frozenset({State.SCHEDULED}), claim_id=None)
    [message] = store.get([tag])
    assert message is not None
    assert message.replaced_by is not None
    return message.replaced_by


def test_reservation_of_a_paused_group_has_a_successor_that_waits(store: WorkerStore, clock: RedisClock) -> None:
    at = MONDAY + 3 * HOUR
    tag = _reserve(store, at)
    pause(store)

    assert store.hold_reservations([tag]) == [tag]
    assert store.hold_reservations([tag]) == []
    assert store.redis.hget(store.keys.replacement_outcomes, "pending") == "1"
    assert store.redis.exists(store.keys.message(_confirm_cancel(store, tag))) == 1
    [message] = store.get([_successor_of(store, tag)])
    assert message is not None
    assert (message.state, message.send_at, message.group, message.replaces) == (State.QUEUED, at, GROUP, tag)
    store.process_due([message.client_tag], held_for=MINUTE, give_up_after=DAY)
    assert take(store) == []
    resume(store)
    [claim] = store.claim(take(store), "claim", claim_timeout=MINUTE, held_for=MINUTE)
    assert (claim.kind, claim.message.client_tag) == (ClaimKind.RESERVE, message.client_tag)


def test_held_reservation_whose_time_has_passed_is_not_sent(store: WorkerStore, clock: RedisClock) -> None:
    at = MONDAY + 3 * HOUR
    tag = _reserve(store, at)
    pause(store)
    store.hold_reservations([tag])
    new_tag = _confirm_cancel(store, tag)
    store.process_due([new_tag], held_for=MINUTE, give_up_after=DAY)

    clock.set(at + 10 * MINUTE)
    resume(store)

    assert store.claim(take(store), "claim", claim_timeout=MINUTE, held_for=MINUTE) == []
    assert state_of(store, new_tag) is State.EXPIRED


def test_reservation_that_is_canceled_already_or_about_to_be_sent_is_not_held(store: WorkerStore) -> None:
    canceled, near = _reserve(store, MONDAY + 3 * HOUR), _reserve(store, MONDAY + 3 * HOUR)
    store.cancel([canceled])
    store.redis.hset(store.keys.message(near), "send_at", round(now().timestamp() * 1000) + 30_000)

    assert store.hold_reservations([canceled, near, "unknown"]) == []


def _successor_of(store: WorkerStore, tag: str) -> str:
    [message] = store.get([tag])
    assert message is not None
    return str(message.replaced_by)
