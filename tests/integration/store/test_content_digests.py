"""Digests of contents: keyed, cut at the end, and comparable after a change of the key or of the version."""

from hashlib import blake2b
from typing import cast

import pytest
from tests.support.store_helpers import claim_one, new_message, update_one

from zettai.core.create_result import CreateResult
from zettai.core.errors import TagConflict
from zettai.core.hash_key import HashKey
from zettai.core.key_settings import SecretKeys
from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys

OLD = HashKey("the old key of the index, for tests")
NEW = HashKey("the new key of the index, for tests")
SUPPRESSIONS = HashKey("a key of suppressions, for tests only")
CODE = "Your code is 123456"


def _store(redis_url: str, *index: HashKey, suppressions: HashKey | None = None) -> WorkerStore:
    return WorkerStore(connect(redis_url), Keys("test"), secrets=SecretKeys(index=index, suppressions=suppressions))


def _create(store: WorkerStore, body: str = CODE, **keywords: object) -> CreateResult:
    [result] = store.create([new_message(client_tag="t", body=body, **keywords)])
    return result


def _digest(store: WorkerStore) -> str | None:
    return cast("str | None", store.redis.hget(store.keys.message("t"), "digest"))


def test_code_cannot_be_found_by_trying(store: WorkerStore) -> None:
    new = new_message(client_tag="t", body=CODE)
    store.create([new])

    digest = _digest(store)

    assert digest not in {None, blake2b(new.content, digest_size=12).hexdigest()}
    assert digest == HashKey(str(store.redis.get(store.keys.digest_key))).digest_of(new.content)


def test_secret_key_of_the_settings_is_used_and_is_not_in_redis(redis_url: str) -> None:
    store = _store(redis_url, NEW, OLD)

    _create(store)

    assert _digest(store) == NEW.digest_of(new_message(client_tag="t", body=CODE).content)
    assert store.redis.exists(store.keys.digest_key) == 0


def test_digest_is_not_the_hash_of_the_number() -> None:
    assert NEW.digest_of(b"+819012345678") != NEW.hash_of("+819012345678")


def test_all_processes_use_one_random_key(redis_url: str) -> None:
    first, second = _store(redis_url), _store(redis_url)

    assert not _create(first).repeated
    assert _create(second).repeated
    assert isinstance(_create(second, "another text").error, TagConflict)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), (NEW,)),
        ((OLD,), (NEW, OLD)),
        ((NEW,), (NEW, OLD)),
    ],
    ids=["random to secret", "rotation", "unchanged"],
)
def test_repeat_after_a_change_of_the_key_is_recognized(
    redis_url: str, before: tuple[HashKey, ...], after: tuple[HashKey, ...]
) -> None:
    _create(_store(redis_url, *before))
    store = _store(redis_url, *after)

    assert _create(store).repeated
    assert isinstance(_create(store, "another text").error, TagConflict)


def test_repeat_after_the_index_got_a_key_beside_the_suppressions_is_recognized(redis_url: str) -> None:
    _create(_store(redis_url, suppressions=SUPPRESSIONS))

    assert _create(_store(redis_url, NEW, suppressions=SUPPRESSIONS)).repeated


def test_key_that_was_lost_in_redis_is_read_again(redis_url: str) -> None:
    """Another process made a new key after Redis had lost all."""
    store = _store(redis_url)
    _create(store, group="before")
    store.redis.flushdb()
    _create(_store(redis_url))

    assert _create(store).repeated


def _as_earlier_version(store: WorkerStore, new: NewMessage) -> None:
    """Give a record the digest that earlier versions wrote."""
    digest = blake2b(new.content, digest_size=12).hexdigest()
    store.redis.hset(store.keys.message(new.client_tag), "digest", digest)


def test_record_of_an_earlier_version_stays_comparable_until_it_ends(store: WorkerStore) -> None:
    new = new_message(client_tag="t", body=CODE)
    store.create([new])
    _as_earlier_version(store, new)

    assert _create(store).repeated
    assert isinstance(_create(store, "another text").error, TagConflict)
    store.cancel(["t"])
    assert _digest(store) is None


def test_repeat_that_was_recorded_by_an_earlier_version_gets_its_lost_task(redis_url: str) -> None:
    store = WorkerStore(connect(redis_url), Keys("test"), lambda _, tags: f"task of {tags}")
    new = new_message(client_tag="t", body=CODE)
    store.create([new])
    _as_earlier_version(store, new)
    store.redis.delete(store.keys.queue(Lane.NORMAL))

    many = store.create([new_message(client_tag="other"), new])

    assert [result.repeated for result in many] == [False, True]
    assert any("'t'" in task for task in store.redis.lrange(store.keys.queue(Lane.NORMAL), 0, -1))


@pytest.mark.parametrize("final", [State.REJECTED, State.DELIVERED])
def test_digest_is_cut_when_the_message_is_final(store: WorkerStore, final: State) -> None:
    _create(store)
    claim_one(store, "t")
    assert _digest(store) is not None

    if final is State.DELIVERED:
        update_one(store, "t", State.ACCEPTED)
        assert _digest(store) is not None
        update_one(store, "t", final, expected_states=frozenset({State.ACCEPTED}), claim_id=None)
    else:
        update_one(store, "t", final)

    assert _digest(store) is None


@pytest.mark.parametrize(
    ("change", "is_repeated"),
    [
        ({}, True),
        ({"body": "another text"}, True),
        ({"to": "09012345679"}, False),
        ({"group": "g"}, False),
        ({"carrier": "au"}, False),
        ({"sender": "77777"}, False),
    ],
)
def test_repeat_after_the_end_compares_all_but_the_text(
    store: WorkerStore, change: dict[str, str], *, is_repeated: bool
) -> None:
    _create(store)
    store.cancel(["t"])

    result = _create(store, **change)

    assert (result.repeated, isinstance(result.error, TagConflict)) == (is_repeated, not is_repeated)
    [message] = store.get(["t"])
    assert message is not None
    assert message.state is State.CANCELED
