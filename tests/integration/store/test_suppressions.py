"""The suppression list on a real server: when a message is recorded and claimed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.integration.store.suppressed import KEY, NUMBER, counted, create, open_store, suppress
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
)

from zettai.core.errors import SettingsError, SuppressionKeyMismatch
from zettai.core.hash_key import HashKey
from zettai.core.message import SUPPRESSED
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.suppressions import HashedNumber

OTHER_KEY = HashKey("another secret key, for tests as well")


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    store = open_store(redis_url, KEY)
    yield store
    store.close()


def test_message_to_a_suppressed_number_is_recorded_as_canceled(store: WorkerStore) -> None:
    suppress(store)

    [result] = store.create([one := new_message()])

    assert result.suppressed
    assert result.ok
    assert not result.repeated
    message = message_of(store, one.client_tag)
    assert (message.state, message.reason) == (State.CANCELED, SUPPRESSED)
    assert [event.state for event in message.history] == [State.QUEUED, State.CANCELED]
    assert indexes_of(store, one.client_tag) == []
    assert not store.redis.exists(store.keys.body(one.client_tag))
    assert counted(store) == {"accepted": "1"}


def test_repeated_message_to_a_suppressed_number_is_the_same_message(store: WorkerStore) -> None:
    suppress(store)
    one = new_message()
    store.create([one])
    store.suppressions.remove(KEY.hash_of(NUMBER), None)

    [result] = store.create([one])

    assert (result.repeated, result.suppressed) == (True, True)


@pytest.mark.parametrize(
    ("scope", "category", "expected"),
    [
        ("all", None, True),
        ("all", "transactional", True),
        ("marketing", None, True),
        ("marketing", "marketing", True),
        ("marketing", "transactional", False),
        ("marketing", "market", False),
        ("market", "marketing", False),
    ],
)
def test_scope_decides_which_categories_are_suppressed(
    store: WorkerStore, scope: str, category: str | None, *, expected: bool
) -> None:
    suppress(store, scope=scope)
    suppression = store.suppressions.get(KEY.hash_of(NUMBER))

    [result] = store.create([new_message(category=category)])

    assert result.suppressed is expected
    assert suppression is not None
    assert suppression.blocks(category) is expected


def test_other_numbers_are_not_suppressed(store: WorkerStore) -> None:
    suppress(store)

    [result] = store.create([new_message(to="09012345679")])

    assert not result.suppressed


def test_message_that_waits_is_canceled_when_it_is_claimed(store: WorkerStore) -> None:
    tag = create(store)
    suppress(store)

    assert claim_one(store, tag) is None

    assert (message_of(store, tag).state, message_of(store, tag).reason) == (State.CANCELED, SUPPRESSED)
    assert counted(store) == {"claimed": "1"}


def test_held_message_is_canceled_when_sending_resumes(store: WorkerStore) -> None:
    store.suspend("quota", retry_in=MINUTE)
    tag = create(store)
    claim_one(store, tag)
    assert state_of(store, tag) is State.HELD
    suppress(store)

    store.resume()
    store.process_due(store.find_resumable(), held_for=MINUTE, give_up_after=DAY)

    assert claim_one(store, tag) is None
    assert state_of(store, tag) is State.CANCELED


def test_message_with_an_unknown_outcome_is_looked_up_and_not_sent_again(store: WorkerStore) -> None:
    tag = create(store)
    claim_one(store, tag)
    update_one(store, tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    suppress(store)
    store.process_due([tag], held_for=MINUTE, give_up_after=DAY)

    assert claim_one(store, tag) is None

    message = message_of(store, tag)
    assert (message.state, message.cancel_requested) == (State.SUBMIT_UNKNOWN, True)
    assert indexes_of(store, tag) == [store.keys.due_to_check]
    found_nothing = {"expected_states": frozenset({State.SUBMIT_UNKNOWN}), "claim_id": None}
    update_one(store, tag, State.CANCELED, **found_nothing, reason=message.cancel_reason)
    assert message_of(store, tag).is_suppressed
    assert counted(store) == {"reserved": "1"}


def test_second_addition_keeps_the_first_time(store: WorkerStore) -> None:
    long_ago = store.now() - timedelta(days=100)
    number_hash = KEY.hash_of(NUMBER)
    assert store.suppressions.add([HashedNumber(number_hash, "all", "web-form", long_ago)]) == [True]

    assert store.suppressions.add([HashedNumber(number_hash, "all", "import")]) == [False]

    suppression = store.suppressions.get(number_hash)
    assert suppression is not None
    [scope] = suppression.scopes
    assert scope.source == "web-form"
    assert abs(scope.since - long_ago) < timedelta(seconds=1)


def test_removal_of_one_scope_keeps_the_others(store: WorkerStore) -> None:
    for scope in ("news", "all", "offers"):
        suppress(store, scope=scope)
    number_hash = KEY.hash_of(NUMBER)

    assert store.suppressions.remove(number_hash, "all")
    assert not store.suppressions.remove(number_hash, "all")

    suppression = store.suppressions.get(number_hash)
    assert suppression is not None
    assert [one.scope for one in suppression.scopes] == ["news", "offers"]
    assert store.suppressions.remove(number_hash, None)
    assert store.suppressions.get(number_hash) is None


@pytest.mark.parametrize("key", [None, OTHER_KEY])
def test_producer_with_another_key_records_nothing(store: WorkerStore, redis_url: str, key: HashKey | None) -> None:
    """Its hashes would match none of the list."""
    suppress(store)
    other, one = open_store(redis_url, key), new_message()

    with pytest.raises(SuppressionKeyMismatch) as caught:
        other.create([one])

    assert caught.value.expected == KEY.fingerprint
    assert caught.value.found == (key.fingerprint if key else None)
    assert store.get([one.client_tag]) == [None]
    with pytest.raises(SuppressionKeyMismatch if key else SettingsError):
        other.suppressions.get((key or KEY).hash_of(NUMBER))
    with pytest.raises(SuppressionKeyMismatch if key else SettingsError):
        other.suppressions.add([HashedNumber("hash", "all")])
    assert store.suppressions.count() == 1
    other.close()


def test_cleared_list_belongs_to_the_next_key(store: WorkerStore, redis_url: str) -> None:
    suppress(store)
    store.suppressions.clear()
    other = open_store(redis_url, OTHER_KEY)

    assert suppress(other)

    assert (store.suppressions.count(), store.suppressions.fingerprint()) == (1, OTHER_KEY.fingerprint)
    other.close()


def test_no_number_is_in_the_list(store: WorkerStore) -> None:
    suppress(store)
    create(store)
    store.redis.delete(*store.redis.keys("test:message:*"))

    everything = repr([store.redis.hgetall(key) for key in store.redis.keys("test:suppress*")])

    assert "9012345678" not in everything
    assert KEY.hash_of(NUMBER) in everything
