"""The index of messages by number, on a real server."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.support.store_helpers import MINUTE, claim_one, new_message, update_one, wait_a_millisecond

from zettai.core.errors import SettingsError
from zettai.core.hash_key import HashKey
from zettai.core.key_settings import SecretKeys
from zettai.core.replacement import Changes
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.store.numbers import PAGE

OLD = HashKey("the old key of the index, for tests")
NEW = HashKey("the new key of the index, for tests")
NUMBER = "+819012345678"


def _store(redis_url: str, *keys: HashKey) -> WorkerStore:
    return WorkerStore(connect(redis_url), Keys("test"), secrets=SecretKeys(index=keys))


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    store = _store(redis_url, NEW, OLD)
    yield store
    store.close()


def _tags(store: WorkerStore, number: str = NUMBER) -> list[str]:
    return [message.client_tag for message in store.find_number(number)]


def test_messages_to_a_number_are_found_newest_first(store: WorkerStore) -> None:
    for tag in ("z", "a tag with blanks", "m"):
        store.create([new_message(client_tag=tag)])
        wait_a_millisecond(store)
    store.create([new_message(client_tag="other", to="09012345679")])

    assert _tags(store) == ["m", "a tag with blanks", "z"]
    assert _tags(store, "+818099999999") == []


def test_index_is_read_in_pages(store: WorkerStore) -> None:
    tags = {f"t{number}" for number in range(PAGE + 5)}
    for _ in range(2):
        store.create([new_message(client_tag=tag) for tag in sorted(tags)])

    found = _tags(store)

    assert (len(found), set(found)) == (len(tags), tags)


def test_message_of_the_old_key_is_found_after_the_rotation(redis_url: str, store: WorkerStore) -> None:
    with _store(redis_url, OLD).redis as redis:
        WorkerStore(redis, Keys("test"), secrets=SecretKeys(index=(OLD,))).create([new_message(client_tag="old")])
    store.create([new_message(client_tag="new")])

    assert _tags(store) == ["new", "old"]
    assert _tags(_store(redis_url, OLD)) == ["old"]


def test_index_needs_a_key(redis_url: str) -> None:
    store = _store(redis_url)
    store.create([new_message()])

    with pytest.raises(SettingsError, match="ZETTAI_INDEX_KEY"):
        store.find_number(NUMBER)
    assert store.numbers.count() == 0


def test_index_holds_no_number(store: WorkerStore) -> None:
    store.create([new_message(client_tag="t")])

    [entry] = store.redis.zrange(store.keys.numbers, 0, -1)

    assert NUMBER[-8:] not in str(entry)
    assert str(entry).startswith(NEW.hash_of(NUMBER))


def test_successor_of_a_replaced_message_is_found(store: WorkerStore) -> None:
    store.create([new_message(client_tag="t1", send_at=store.now() + timedelta(days=1))])
    changes = Changes.validated(send_at=None, body="another text", client_tag="t2")

    store.replace("t1", changes)

    assert set(_tags(store)) == {"t1", "t2"}


def test_entry_is_purged_with_its_message(store: WorkerStore) -> None:
    for tag in ("kept", "purged"):
        store.create([new_message(client_tag=tag)])
    claim_one(store, "purged")
    update_one(store, "purged", State.REJECTED)
    wait_a_millisecond(store)

    assert store.purge(retention=timedelta()) == 1

    assert _tags(store) == ["kept"]
    assert store.numbers.count() == 1
    assert store.purge(retention=MINUTE) == 0
