"""Suspended sending: one message tries from time to time, and all continue in order when sending resumes."""

from tests.support.store_helpers import (
    MILLISECOND,
    MINUTE,
    ZERO,
    claim_one,
    new_message,
    update_one,
    wait_a_millisecond,
)

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import ClaimKind, WorkerStore


def test_waiting_message_is_not_lost_while_the_queue_has_tasks(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    store.redis.lpush(store.keys.queue(Lane.NORMAL), "a task")

    assert store.find_lost_tasks(Lane.NORMAL, grace=ZERO) == []


def test_one_message_is_claimed_when_the_retry_is_due(store: WorkerStore) -> None:
    messages = [new_message() for _ in range(3)]
    store.create(messages)
    assert store.suspend("quota", retry_in=MILLISECOND)
    wait_a_millisecond(store)

    claims = store.claim([one.client_tag for one in messages], "claim", claim_timeout=MINUTE, held_for=MINUTE)

    assert len(claims) == 1
    assert store.counts()[State.HELD] == 2


def test_accepted_message_resumes_sending(store: WorkerStore) -> None:
    one, other = new_message(), new_message()
    store.create([one, other])
    store.suspend("quota", retry_in=MILLISECOND)
    wait_a_millisecond(store)
    claim_one(store, one.client_tag)

    update_one(store, one.client_tag, State.ACCEPTED)

    assert claim_one(store, other.client_tag)


def test_second_suspend_returns_false(store: WorkerStore) -> None:
    assert store.suspend("quota", retry_in=MINUTE)
    assert not store.suspend("quota", retry_in=MINUTE)


def test_one_held_message_is_released_when_the_retry_is_due(store: WorkerStore) -> None:
    messages = [new_message() for _ in range(5)]
    tags = [one.client_tag for one in messages]
    store.create(messages)
    store.suspend("quota", retry_in=MINUTE)
    store.claim(tags, "claim", claim_timeout=MINUTE, held_for=ZERO)
    assert store.counts()[State.HELD] == 5

    store.suspend("quota", retry_in=ZERO)
    ready = store.process_due(store.claim_due_to_send(claim_timeout=MINUTE), held_for=MINUTE)

    assert len(ready[Lane.NORMAL]) == 1
    assert store.find_resumable() == []


def test_resume_releases_held_messages_in_order(store: WorkerStore) -> None:
    messages = [new_message() for _ in range(5)]
    tags = [one.client_tag for one in messages]
    store.create(messages)
    store.suspend("quota", retry_in=MINUTE)
    store.claim(tags, "claim", claim_timeout=MINUTE, held_for=MINUTE)

    store.resume()

    assert store.find_resumable() == tags
    assert store.process_due(tags, held_for=MINUTE) == {Lane.NORMAL: tags}


def test_unknown_outcome_is_looked_up_only_while_the_circuit_is_closed(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.process_due([one.client_tag], held_for=MINUTE)
    store.suspend("provider down", retry_in=MINUTE, circuit_open=True)

    assert claim_one(store, one.client_tag) is None
    assert store.is_circuit_open()

    store.resume()
    store.suspend("quota", retry_in=MINUTE)
    store.process_due([one.client_tag], held_for=MINUTE)
    claim = claim_one(store, one.client_tag)
    assert claim is not None
    assert claim.kind is ClaimKind.LOOK_UP
    assert not store.is_circuit_open()
