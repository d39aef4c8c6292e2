"""An answer that proves that the provider took a message counts, even if Redis lost the claim or it timed out."""

import pytest
from structlog.testing import capture_logs
from tests.support.store_helpers import DAY, MINUTE, ZERO, claim_one, new_message, state_of, update_one

from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.times import to_milliseconds


@pytest.fixture
def forgotten(store: WorkerStore) -> str:
    """A message whose claim Redis lost: its record is as before the claim."""
    one = new_message()
    store.create([one])
    key = store.keys.message(one.client_tag)
    before = store.redis.hgetall(key)
    claim_one(store, one.client_tag)
    store.redis.delete(key)
    store.redis.hset(key, items=[part for pair in before.items() for part in pair])
    store.redis.zrem(store.keys.state(State.SUBMITTING), one.client_tag)
    store.redis.zadd(store.keys.state(State.QUEUED), {one.client_tag: to_milliseconds(store.now())})
    return one.client_tag


def test_accepted_message_is_not_sent_again(store: WorkerStore, forgotten: str) -> None:
    assert update_one(store, forgotten, State.ACCEPTED, due_in=MINUTE) is State.ACCEPTED
    assert claim_one(store, forgotten, "next") is None


def test_answer_after_the_claim_timed_out_counts(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag, claim_timeout=ZERO)
    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)
    assert state_of(store, one.client_tag) is State.SUBMIT_UNKNOWN

    assert update_one(store, one.client_tag, State.ACCEPTED, due_in=MINUTE) is State.ACCEPTED


def test_broken_promise_is_marked_and_logged(store: WorkerStore, forgotten: str) -> None:
    assert store.cancel([forgotten]) == ["canceled"]

    with capture_logs() as lines:
        assert update_one(store, forgotten, State.ACCEPTED, due_in=MINUTE) is None

    assert [line["client_tag"] for line in lines if line["event"] == "promise_broken"] == [forgotten]
    [message] = store.get([forgotten])
    assert message is not None
    assert message.contradicted


def test_failure_under_a_lost_claim_changes_nothing(store: WorkerStore, forgotten: str) -> None:
    assert update_one(store, forgotten, State.REJECTED) is None
    assert state_of(store, forgotten) is State.QUEUED
