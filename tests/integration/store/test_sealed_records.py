"""Sealed records on a real server: what Redis holds, who can read it, and what happens without the key."""

from base64 import b64encode
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from tests.integration.store.test_erasure import everything_in
from tests.support.store_helpers import DAY, claim_one, indexes_of, message_of, new_message, state_of, update_one

from zettai.core.aossms.evidence import find_evidence
from zettai.core.errors import EncryptionKeyMissing, TagConflict
from zettai.core.hash_key import HashKey
from zettai.core.key_settings import SecretKeys
from zettai.core.lanes import Lane
from zettai.core.replacement import Changes
from zettai.core.sealing import Sealer
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai_worker.provider import Status, StatusId

OLD, NEW = (b64encode(letter * 32).decode() for letter in (b"o", b"n"))
NUMBER, TEXT, METADATA = "+819012345678", "the secret text", {"name": "Yamada"}
PERSONAL = ("9012345678", TEXT, "Yamada")


def _store(redis_url: str, *keys: str, **secrets: object) -> WorkerStore:
    made = SecretKeys(sealer=Sealer(keys) if keys else None, **secrets)  # type: ignore[arg-type]
    return WorkerStore(connect(redis_url), Keys("test"), secrets=made)


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    store = _store(redis_url, NEW)
    yield store
    store.close()


def _create(store: WorkerStore, tag: str = "t", **keywords: object) -> None:
    store.create([new_message(client_tag=tag, body=TEXT, metadata=METADATA, **keywords)])


def _found(store: WorkerStore) -> list[str]:
    text = everything_in(store.redis)
    return [one for one in PERSONAL if one in text]


def test_redis_holds_nothing_personal_and_the_worker_gets_all(store: WorkerStore) -> None:
    _create(store)
    _create(store, "later", send_at=store.now() + DAY)
    claim_one(store, "later")
    update_one(store, "later", State.SCHEDULED, due_in=DAY)
    store.replace("later", Changes.validated(send_at=None, body=f"{TEXT} 2", client_tag="successor"))
    assert _found(store) == []

    claim = claim_one(store, "t")

    assert claim is not None
    assert (claim.message.to, claim.body, claim.message.metadata) == (NUMBER, TEXT, METADATA)
    assert store.bodies(["t", "unknown"]) == [TEXT, None]
    update_one(store, "later", State.CANCELED, expected_states=frozenset({State.SCHEDULED}), claim_id=None)
    successor = claim_one(store, "successor", "another claim")
    assert successor is not None
    assert (successor.message.to, successor.body) == (NUMBER, f"{TEXT} 2")
    assert _found(store) == []


def test_plain_and_sealed_records_work_beside_each_other(redis_url: str, store: WorkerStore) -> None:
    _create(_store(redis_url), "plain")
    _create(store, "sealed")

    for tag in ("plain", "sealed"):
        claim = claim_one(store, tag)
        assert claim is not None
        assert (claim.message.to, claim.body, claim.message.metadata) == (NUMBER, TEXT, METADATA)
    assert store.bodies(["plain", "sealed"]) == [TEXT, TEXT]
    assert set(store.scan_number(NUMBER)) == {"plain", "sealed"}


def test_plain_text_that_looks_sealed_is_sent_as_it_is(redis_url: str, store: WorkerStore) -> None:
    """Only the record says whether its values are sealed."""
    _create(store, "other")
    text = str(store.redis.get(store.keys.body("other")))
    _store(redis_url).create([new_message(client_tag="t", body=text)])

    claim = claim_one(store, "t")

    assert claim is not None
    assert claim.body == text


def test_keys_rotate(redis_url: str) -> None:
    _create(_store(redis_url, OLD), "old")
    store = _store(redis_url, NEW, OLD)
    _create(store, "new")

    assert [message_of(store, tag).to for tag in ("old", "new")] == [NUMBER, NUMBER]
    old, new = (store.redis.hget(store.keys.message(tag), "sealed_by") for tag in ("old", "new"))
    assert old != new
    [repeated] = store.create([new_message(client_tag="old", body=TEXT, metadata=METADATA)])
    [conflict] = store.create([new_message(client_tag="old", body="another text")])
    assert repeated.repeated
    assert isinstance(conflict.error, TagConflict)


@pytest.mark.parametrize("keys", [(), (OLD,)], ids=["no key", "another key"])
def test_worker_without_the_key_sends_nothing_and_loses_nothing(
    redis_url: str, store: WorkerStore, keys: tuple[str, ...]
) -> None:
    _create(store)
    _store(redis_url).create([new_message(client_tag="plain")])
    other = _store(redis_url, *keys)

    with capture_logs() as logs:
        claims = other.claim(["t", "plain"], "claim", claim_timeout=DAY, held_for=DAY)

    assert [claim.message.client_tag for claim in claims] == ["plain"]
    [line] = [line for line in logs if line["event"] == "record_sealed_with_other_key"]
    assert (line["log_level"], line["count"]) == ("error", 1)
    assert (state_of(store, "t"), indexes_of(store, "t")) == (State.QUEUED, [store.keys.waiting(Lane.NORMAL)])
    assert claim_one(store, "t") is not None


def test_message_without_its_key_shows_everything_but_the_person(redis_url: str, store: WorkerStore) -> None:
    _create(store, group="g")
    other = _store(redis_url)

    message = message_of(other, "t")

    assert (message.sealed, message.state, message.group) == (True, State.QUEUED, "g")
    assert (message.to, message.metadata, message.to_dict()["to"]) == ("", {}, "")
    assert other.bodies(["t"]) == [None]
    with pytest.raises(EncryptionKeyMissing) as error:
        other.replace("t", Changes.validated(send_at=None, body="x", client_tag=None))
    assert str(error.value).count("ZETTAI_ENCRYPTION_KEYS") == 1
    with pytest.raises(EncryptionKeyMissing):
        list(other.scan_number(NUMBER))
    assert not message_of(store, "t").cancel_requested


def test_rows_of_the_provider_prove_nothing_without_the_key(redis_url: str, store: WorkerStore) -> None:
    _create(store)
    row = Status("t", StatusId.DELIVERED, NUMBER, TEXT)

    evidence = find_evidence([row], message_of(_store(redis_url), "t"))

    assert find_evidence([row], message_of(store, "t")).row is row
    assert (evidence.row, evidence.other_number, evidence.is_absent) == (None, False, False)


@pytest.mark.parametrize("field", ["to", "metadata", "body"])
def test_record_with_a_changed_value_is_quarantined_and_not_sent(store: WorkerStore, field: str) -> None:
    for tag in ("t", "other"):
        _create(store, tag)
    if field == "body":
        store.redis.copy(store.keys.body("other"), store.keys.body("t"), replace=True)
    else:
        value = store.redis.hget(store.keys.message("other"), field)
        store.redis.hset(store.keys.message("t"), field, str(value))

    assert claim_one(store, "t") is None
    assert store.quarantined() == 1
    assert claim_one(store, "other", "another claim") is not None


def test_digest_cannot_be_made_from_what_redis_holds(store: WorkerStore) -> None:
    """It is made with a key that is derived from the first encryption key."""
    _create(store)

    assert store.redis.exists(store.keys.digest_key) == 0
    assert store.redis.hget(store.keys.message("t"), "digest") == HashKey(Sealer([NEW]).digest_keys[0]).digest_of(
        new_message(client_tag="t", body=TEXT).content
    )


def test_sealed_message_is_found_by_its_hash_and_erased(redis_url: str) -> None:
    store = _store(redis_url, NEW, index=(HashKey("a key of the index, for tests only!"),))
    _create(store)
    store.cancel(["t"])

    [found] = store.find_number(NUMBER)
    assert (found.client_tag, found.to) == ("t", NUMBER)
    assert store.erase(["t"]) == ["erased"]
    message = message_of(store, "t")
    assert (message.erased, message.sealed, message.to) == (True, False, "")
