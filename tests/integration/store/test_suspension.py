"""Suspended sending: one message tries from time to time, and all continue in order when sending resumes."""

import structlog
from tests.support.store_helpers import (
    DAY,
    MILLISECOND,
    MINUTE,
    SECOND,
    ZERO,
    accepted,
    claim_one,
    new_message,
    state_of,
    update_one,
    wait_a_millisecond,
)

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import RefusalEffect, WorkerStore
from zettai.core.store.suspension import REFUSAL_FORGOTTEN_AFTER
from zettai.core.times import to_milliseconds


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
    ready = store.process_due(store.claim_due_to_send(claim_timeout=MINUTE), held_for=MINUTE, give_up_after=DAY)

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
    assert store.process_due(tags, held_for=MINUTE, give_up_after=DAY) == {Lane.NORMAL: tags}


def test_unknown_outcome_waits_while_sending_is_suspended(store: WorkerStore) -> None:
    one, urgent = new_message(), new_message(lane="urgent")
    for message in (one, urgent):
        store.create([message])
        claim_one(store, message.client_tag)
        update_one(store, message.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    tags = [one.client_tag, urgent.client_tag]
    store.process_due(tags, held_for=MINUTE, give_up_after=DAY)
    store.suspend("provider down", retry_in=5 * SECOND, circuit_open=True)

    assert store.claim(tags, "claim", claim_timeout=MINUTE, held_for=MINUTE) == []

    urgent_due, normal_due = (store.redis.zscore(store.keys.due_to_send, tag) or 0 for tag in reversed(tags))
    assert urgent_due <= normal_due - 50_000  # it is tried again right after the next probe
    assert store.is_circuit_open()


def test_second_message_with_the_same_refusal_suspends_sending(store: WorkerStore) -> None:
    one, other, third, fourth = (new_message() for _ in range(4))
    store.create([one, other, third, fourth])

    effects = [
        store.note_refusal(tag, "HTTP 403", retry_in=MINUTE)
        for tag in (one.client_tag, one.client_tag, other.client_tag, third.client_tag)
    ]

    parked, known, suspended = RefusalEffect.PARKED, RefusalEffect.KNOWN, RefusalEffect.SUSPENDED
    assert effects == [parked, known, suspended, known]
    assert claim_one(store, fourth.client_tag) is None
    assert state_of(store, fourth.client_tag) is State.HELD


def test_success_forgets_refusals(store: WorkerStore) -> None:
    one, other = new_message(), new_message()
    store.create([one, other])
    store.note_refusal(one.client_tag, "HTTP 403", retry_in=MINUTE)
    accepted(store)

    assert store.note_refusal(other.client_tag, "HTTP 403", retry_in=MINUTE) is RefusalEffect.PARKED
    assert claim_one(store, one.client_tag)


def test_parked_message_does_not_use_the_probe_while_others_are_held(store: WorkerStore) -> None:
    parked, held = new_message(), new_message()
    store.create([parked, held])
    store.note_refusal(parked.client_tag, "HTTP 403", retry_in=MINUTE)
    store.suspend("HTTP 403", retry_in=MINUTE)
    claim_one(store, held.client_tag)
    store.redis.hset(store.keys.suspension, "retry_at", to_milliseconds(store.now() - SECOND))

    assert claim_one(store, parked.client_tag) is None
    assert store.find_probes() == [held.client_tag]


def test_parked_message_is_the_probe_if_only_parked_ones_wait(store: WorkerStore) -> None:
    messages = [new_message(), new_message()]
    tags = [message.client_tag for message in messages]
    store.create(messages)
    for tag in tags:
        store.note_refusal(tag, "Invalid token", retry_in=MINUTE)
    store.claim(tags, "claim", claim_timeout=MINUTE, held_for=ZERO)

    store.suspend("Invalid token", retry_in=MILLISECOND)
    wait_a_millisecond(store)
    due = [*store.find_probes(), *store.claim_due_to_send(claim_timeout=MINUTE)]
    store.process_due(due, held_for=MINUTE, give_up_after=DAY)

    assert len(store.claim(due, "next", claim_timeout=MINUTE, held_for=MINUTE)) == 1


def test_probe_is_the_held_message_of_the_most_urgent_lane(store: WorkerStore) -> None:
    messages = [new_message(lane=lane) for lane in ("bulk", "urgent", "normal")]
    tags = [message.client_tag for message in messages]
    store.create(messages)
    store.suspend("provider down", retry_in=MINUTE, circuit_open=True)
    store.claim(tags, "claim", claim_timeout=MINUTE, held_for=MINUTE)
    assert store.find_probes() == []

    store.suspend("provider down", retry_in=ZERO, circuit_open=True)

    assert store.find_probes() == [tags[1]]
    assert store.find_resumable() == []


def test_answer_of_the_provider_closes_the_circuit(store: WorkerStore) -> None:
    """Cancels and checks go on while a used-up quota suspends sending."""
    store.suspend("provider down", retry_in=MINUTE, circuit_open=True)
    assert store.suspend("code 300", retry_in=MINUTE)  # a new reason is a new alert

    assert not store.is_circuit_open()


def test_end_of_a_suspension_is_logged_once(store: WorkerStore) -> None:
    one, other = new_message(), new_message()
    store.create([one, other])
    store.suspend("provider down", retry_in=ZERO, circuit_open=True)
    with structlog.testing.capture_logs() as lines:
        for message in (one, other):
            claim_one(store, message.client_tag)
            wait_a_millisecond(store)
            update_one(store, message.client_tag, State.ACCEPTED)

    ends = [line for line in lines if line["event"] == "sending_resumed"]
    assert [line["reason"] for line in ends] == ["provider down"]


def test_refusals_are_forgotten_in_time(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    store.note_refusal(one.client_tag, "code 310", retry_in=MINUTE)

    assert 0 < store.redis.ttl(store.keys.refusals) <= REFUSAL_FORGOTTEN_AFTER.total_seconds()


def test_probe_is_not_a_parked_message_that_a_pause_held(store: WorkerStore) -> None:
    parked, held = new_message(), new_message()
    for message in (parked, held):
        store.create([message])
        claim_one(store, message.client_tag)
        update_one(store, message.client_tag, State.HELD, due_in=MINUTE)
        wait_a_millisecond(store)
    store.note_refusal(parked.client_tag, "HTTP 403", retry_in=MINUTE)
    store.suspend("paused", retry_in=ZERO)

    assert store.find_probes() == [held.client_tag]


def test_log_says_how_long_sending_was_suspended(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    store.suspend("provider down", retry_in=ZERO, circuit_open=True)
    store.redis.hset(store.keys.suspension, "began", to_milliseconds(store.now() - MINUTE))
    store.suspend("code 300", retry_in=ZERO)
    wait_a_millisecond(store)
    claim_one(store, one.client_tag)

    with structlog.testing.capture_logs() as lines:
        update_one(store, one.client_tag, State.ACCEPTED, due_in=MINUTE)

    [line] = [line for line in lines if line["event"] == "sending_resumed"]
    assert line["reason"] == "code 300"
    assert 60 <= line["seconds"] < 120
