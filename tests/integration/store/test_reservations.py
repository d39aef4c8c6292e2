"""When a message with a send time goes to the provider: near ones and far ones wait in the store."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.support.store_helpers import (
    DAY,
    MINUTE,
    ZERO,
    claim_one,
    indexes_of,
    make_due,
    new_message,
    state_of,
    update_one,
)

from zettai.core.new_message import NewMessage
from zettai.core.states import State
from zettai.core.store import ClaimKind, WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.times import from_milliseconds

WEEK = 7 * DAY


@pytest.fixture
def wide_store(redis_url: str) -> Iterator[WorkerStore]:
    """The same messages, for a worker that reserves earlier."""
    store = WorkerStore(connect(redis_url), Keys("test"), reserve_within=100 * DAY)
    yield store
    store.close()


def far(store: WorkerStore, distance: timedelta = 30 * DAY) -> NewMessage:
    """Create a message that is sent so long from now, and return it."""
    one = new_message(send_at=store.now() + distance, expires_in=DAY)
    store.create([one])
    return one


def due(store: WorkerStore, one: NewMessage) -> timedelta:
    """Return how long before its send time a message is due."""
    score = store.redis.zscore(store.keys.due_to_send, one.client_tag)
    assert score is not None
    assert one.send_at is not None
    return one.send_at - from_milliseconds(score)


def test_far_reservation_waits_until_a_week_before_its_time(store: WorkerStore) -> None:
    one = far(store)

    assert indexes_of(store, one.client_tag) == [store.keys.due_to_send]
    assert due(store, one) == WEEK


def test_near_reservation_goes_to_the_provider_at_once(store: WorkerStore) -> None:
    one = far(store, WEEK - MINUTE)

    claim = claim_one(store, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.RESERVE


def test_worker_decides_by_its_own_setting(store: WorkerStore, wide_store: WorkerStore) -> None:
    one = far(wide_store)

    assert claim_one(store, one.client_tag) is None
    assert due(store, one) == WEEK
    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)
    claim = claim_one(wide_store, one.client_tag)
    assert claim is not None
    assert claim.kind is ClaimKind.RESERVE


def test_far_reservation_is_canceled_without_a_call(store: WorkerStore) -> None:
    one = far(store)

    assert store.cancel([one.client_tag]) == ["canceled"]
    assert state_of(store, one.client_tag) is State.CANCELED


def test_far_reservation_with_an_unknown_outcome_is_only_looked_up(store: WorkerStore, wide_store: WorkerStore) -> None:
    one = far(wide_store)
    claim_one(wide_store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)

    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)

    assert indexes_of(store, one.client_tag) == [store.keys.due_to_check]


def test_refused_reservation_waits_here_until_its_send_time(store: WorkerStore) -> None:
    one = far(store, DAY)
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.QUEUED, due_in=ZERO, fields={"reservation_refused": 1})
    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)

    assert claim_one(store, one.client_tag, "next") is None
    assert due(store, one) == ZERO


def test_refused_reservation_is_sent_unscheduled_at_its_send_time(store: WorkerStore) -> None:
    one = far(store, DAY)
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.QUEUED, due_in=ZERO, fields={"reservation_refused": 1})
    make_due(store, one.client_tag)

    claim = claim_one(store, one.client_tag, "next")

    assert claim is not None
    assert claim.kind is ClaimKind.SEND
