"""Suspended sender codes: their messages wait, and the messages from other codes go on."""

from collections.abc import Iterator

import pytest
import structlog
from redis import Redis
from tests.support.store_helpers import (
    DAY,
    MINUTE,
    SECOND,
    ZERO,
    claim_one,
    new_message,
    state_of,
    suspend_sender,
    update_one,
    wait_a_millisecond,
)

from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.states import State
from zettai.core.store import RefusalEffect, WorkerStore
from zettai.core.store.keys import Keys
from zettai.core.times import to_milliseconds

DEFAULT, REFUSED, OTHER = "12345", "77777", "88888"


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    """The store of a worker with a default code."""
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield WorkerStore(redis, Keys("test"), sms_code=DEFAULT)


def _created(store: WorkerStore, *senders: str | None, **keywords: str) -> list[NewMessage]:
    messages = [new_message(sender=sender, **keywords) for sender in senders]
    store.create(messages)
    return messages


def _make_retry_due(store: WorkerStore, sender: str) -> None:
    store.redis.hset(store.keys.suspension, f"{sender} retry_at", to_milliseconds(store.now() - SECOND))


def _claim(store: WorkerStore, *messages: NewMessage) -> list[str]:
    """Claim messages, and return the tags of the claimed ones."""
    tags = [message.client_tag for message in messages]
    return [one.message.client_tag for one in store.claim(tags, "claim", claim_timeout=MINUTE, held_for=ZERO)]


def test_second_message_from_a_refused_code_suspends_this_code_only(store: WorkerStore) -> None:
    one, same, other, default = _created(store, REFUSED, REFUSED, OTHER, None)

    effects = [
        store.note_refusal(message.client_tag, "Invalid smsCode", retry_in=MINUTE, sender=message.sender or DEFAULT)
        for message in (one, other, same)
    ]

    assert effects == [RefusalEffect.PARKED, RefusalEffect.PARKED, RefusalEffect.SUSPENDED]
    waiting, free = _created(store, REFUSED, OTHER)
    assert _claim(store, waiting, free, default) == [free.client_tag, default.client_tag]
    assert (state_of(store, waiting.client_tag), list(store.suspensions())) == (State.HELD, [REFUSED])


def test_messages_that_name_no_code_wait_with_the_default_code(store: WorkerStore) -> None:
    suspend_sender(store, DEFAULT)
    unnamed, named, other = _created(store, None, DEFAULT, OTHER)

    assert _claim(store, unnamed, named, other) == [other.client_tag]


def test_success_of_another_code_forgets_no_refusal(store: WorkerStore) -> None:
    """A stream of messages from a good code would else prevent that the refused one is suspended."""
    one, same, other = _created(store, REFUSED, REFUSED, OTHER)
    store.note_refusal(one.client_tag, "Invalid smsCode", retry_in=MINUTE, sender=REFUSED)
    store.note_refusal(one.client_tag, "HTTP 403", retry_in=MINUTE)
    claim_one(store, other.client_tag)
    update_one(store, other.client_tag, State.ACCEPTED, due_in=MINUTE)

    effect = store.note_refusal(same.client_tag, "Invalid smsCode", retry_in=MINUTE, sender=REFUSED)

    assert effect is RefusalEffect.SUSPENDED
    assert store.note_refusal(same.client_tag, "HTTP 403", retry_in=MINUTE) is RefusalEffect.PARKED


@pytest.mark.parametrize(("sender", "resumes"), [(REFUSED, True), (OTHER, False)])
def test_accepted_message_resumes_its_own_code(store: WorkerStore, sender: str, *, resumes: bool) -> None:
    suspend_sender(store, REFUSED)
    wait_a_millisecond(store)
    [one] = _created(store, sender)
    _make_retry_due(store, REFUSED)
    claim_one(store, one.client_tag)

    with structlog.testing.capture_logs() as lines:
        update_one(store, one.client_tag, State.ACCEPTED, due_in=MINUTE)

    ends = [(line["event"], line["sender"], line["reason"]) for line in lines]
    assert ends == ([("sending_resumed", REFUSED, "Invalid smsCode")] if resumes else [])
    assert (store.suspensions() == {}) is resumes


def test_message_that_was_submitted_before_the_suspension_does_not_end_it(store: WorkerStore) -> None:
    [one] = _created(store, REFUSED)
    claim_one(store, one.client_tag)
    wait_a_millisecond(store)
    store.suspend("code 300", retry_in=MINUTE)
    suspend_sender(store, REFUSED)

    update_one(store, one.client_tag, State.ACCEPTED, due_in=MINUTE)

    assert set(store.suspensions()) == {None, REFUSED}


def test_resumed_account_leaves_a_code_suspended(store: WorkerStore) -> None:
    store.suspend("provider down", retry_in=ZERO, circuit_open=True)
    suspend_sender(store, REFUSED)
    wait_a_millisecond(store)
    [one] = _created(store, OTHER)
    claim_one(store, one.client_tag)

    update_one(store, one.client_tag, State.ACCEPTED, due_in=MINUTE)

    assert list(store.suspensions()) == [REFUSED]
    assert not store.is_circuit_open()


def test_one_message_tries_when_the_retry_is_due(store: WorkerStore) -> None:
    suspend_sender(store, REFUSED)
    waiting = _created(store, *[REFUSED] * 4)
    assert _claim(store, *waiting) == []

    _make_retry_due(store, REFUSED)

    assert store.find_probes() == [waiting[0].client_tag]
    due = store.claim_due_to_send(claim_timeout=MINUTE)
    ready = store.process_due(due, held_for=MINUTE, give_up_after=DAY)
    assert len(ready[Lane.NORMAL]) == 1
    assert len(_claim(store, *waiting)) == 1


def test_each_suspended_code_has_a_probe_of_its_own(store: WorkerStore) -> None:
    for sender in (REFUSED, OTHER):
        suspend_sender(store, sender)
    first, second, urgent = (_created(store, sender, lane=lane)[0] for sender, lane in PROBES)
    _claim(store, first, second, urgent)
    for sender in (REFUSED, OTHER):
        _make_retry_due(store, sender)

    assert set(store.find_probes()) == {second.client_tag, urgent.client_tag}


PROBES = [(REFUSED, "normal"), (OTHER, "normal"), (REFUSED, "urgent")]


def test_message_waits_for_the_account_and_for_its_code(store: WorkerStore) -> None:
    store.suspend("code 300", retry_in=MINUTE)
    suspend_sender(store, REFUSED)
    refused, other = _created(store, REFUSED, OTHER)
    _claim(store, refused, other)
    store.redis.hset(store.keys.suspension, "retry_at", to_milliseconds(store.now() - SECOND))

    assert store.find_probes() == [other.client_tag]
    ready = store.process_due([refused.client_tag, other.client_tag], held_for=MINUTE, give_up_after=DAY)
    assert ready == {Lane.NORMAL: [other.client_tag]}


def test_resumable_messages_are_those_that_nothing_suspends(store: WorkerStore) -> None:
    store.suspend("code 300", retry_in=MINUTE)
    refused, other, default = _created(store, REFUSED, OTHER, None)
    _claim(store, refused, other, default)
    suspend_sender(store, REFUSED)
    store.redis.hdel(store.keys.suspension, "reason", "since", "began", "retry_at", "retry_every")

    assert store.find_resumable() == [other.client_tag, default.client_tag]


def test_parked_message_tries_while_only_messages_from_other_codes_are_held(store: WorkerStore) -> None:
    """These would never try for its code, so it would wait for ever."""
    parked, _ = _created(store, REFUSED, REFUSED)
    suspend_sender(store, OTHER)
    [held] = _created(store, OTHER)
    _claim(store, held)
    store.note_refusal(parked.client_tag, "Invalid smsCode", retry_in=10 * SECOND, sender=REFUSED)
    suspend_sender(store, REFUSED, retry_in=10 * SECOND)
    _make_retry_due(store, REFUSED)
    assert _claim(store, parked) == []

    store.redis.hincrby(store.keys.suspension, f"{REFUSED} retry_at", -10_000)
    store.redis.zadd(store.keys.due_to_send, {parked.client_tag: 0})

    assert _claim(store, parked) == [parked.client_tag]


def test_unknown_outcome_is_sent_again_under_its_first_code(store: WorkerStore) -> None:
    """The default code may have changed meanwhile; the provider has the message under the first one, if at all."""
    [one] = _created(store, None)
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    changed = WorkerStore(store.redis, store.keys, sms_code=OTHER)
    changed.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)

    claim = claim_one(changed, one.client_tag, "second")

    assert claim is not None
    assert claim.message.sms_code == DEFAULT


def test_unsent_message_takes_the_new_default_code(store: WorkerStore) -> None:
    """So that messages recover when an operator corrects a wrong ZETTAI_SMS_CODE."""
    [one] = _created(store, None)
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.QUEUED, due_in=ZERO)
    changed = WorkerStore(store.redis, store.keys, sms_code=OTHER)

    claim = claim_one(changed, one.client_tag, "second")

    assert claim is not None
    assert claim.message.sms_code == OTHER
