"""Erasing a person, on a real server: nothing personal stays, and nothing is sent twice."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from redis import Redis
from tests.support.store_helpers import DAY, accepted, claim_one, message_of, new_message, state_of, update_one

from zettai.core.aossms.evidence import find_evidence
from zettai.core.errors import TagConflict
from zettai.core.hash_key import HashKey
from zettai.core.key_settings import SecretKeys
from zettai.core.replacement import Changes
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai_worker.provider import Status, StatusId

NUMBER = "+819012345678"
DIGITS = "9012345678"
TEXT = "the secret text"
SUPPRESSIONS = HashKey("a key of suppressions, for tests only")
INDEX = HashKey("a key of the index, for tests only!")


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    secrets = SecretKeys(suppressions=SUPPRESSIONS, index=(INDEX,))
    store = WorkerStore(connect(redis_url), Keys("test"), secrets=secrets)
    yield store
    store.close()


def _create(store: WorkerStore, tag: str, **keywords: object) -> None:
    store.create([new_message(client_tag=tag, body=TEXT, metadata={"name": "Yamada"}, **keywords)])


def everything_in(redis: Redis) -> str:
    """Return all keys with their values, as text."""
    read: dict[str, Callable[[str], object]] = {
        "string": redis.get,
        "hash": redis.hgetall,
        "list": lambda key: redis.lrange(key, 0, -1),
        "set": redis.smembers,
        "zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        "stream": redis.xrange,
        "none": lambda _: None,  # it has expired meanwhile
    }
    return "\n".join(f"{key} {read[str(redis.type(key))](key)}" for key in redis.scan_iter())


def _personal_data(store: WorkerStore) -> list[str]:
    """Return what Redis still holds about the person, beside the suppression list."""
    text = everything_in(store.redis)
    hashes = [SUPPRESSIONS.hash_of(NUMBER), INDEX.hash_of(NUMBER)]
    return [one for one in (DIGITS, TEXT, "Yamada", "the words of the provider", *hashes) if one in text]


def test_nothing_personal_of_an_erased_message_stays(store: WorkerStore) -> None:
    _create(store, "t1", group="g")
    claim_one(store, "t1")
    update_one(store, "t1", State.REJECTED, reason="the words of the provider", fields={"refused": "110"})
    store.redis.delete(store.keys.events)  # events have the provider's words, in which numbers and texts are masked
    assert _personal_data(store) != []

    assert store.erase(["t1", "unknown"]) == ["erased", "not_found"]

    assert _personal_data(store) == []
    message = message_of(store, "t1")
    assert (message.state, message.group, message.attempts, message.erased) == (State.REJECTED, "g", 1, True)
    assert (message.to, dict(message.metadata), message.to_dict()["to"]) == ("", {}, "")
    assert [(event.state, event.reason) for event in message.history] == [
        (State.QUEUED, "erased"),
        (State.SUBMITTING, "erased"),
        (State.REJECTED, "erased"),
    ]
    assert list(store.find_number(NUMBER)) == []


def test_open_message_is_sent_and_then_erased_in_the_step_that_ends_it(store: WorkerStore) -> None:
    _create(store, "t1")

    assert store.erase(["t1"]) == ["open"]

    claim = claim_one(store, "t1")
    assert claim is not None
    assert (claim.message.to, claim.body) == (NUMBER, TEXT)
    update_one(store, "t1", State.ACCEPTED)
    assert not message_of(store, "t1").erased
    update_one(store, "t1", State.DELIVERED, expected_states=frozenset({State.ACCEPTED}), claim_id=None)
    assert message_of(store, "t1").erased
    assert _personal_data(store) == []


def test_cancel_of_a_marked_message_erases_it_and_its_prepared_successor(store: WorkerStore) -> None:
    _create(store, "t1", send_at=store.now() + DAY)
    claim_one(store, "t1")
    update_one(store, "t1", State.SCHEDULED, due_in=DAY)
    outcome = store.replace("t1", Changes.validated(send_at=None, body="the secret text 2", client_tag="t2"))
    assert outcome[0].outcome == "pending"

    assert store.erase(["t1"]) == ["open"]
    assert store.cancel(["t1"]) == ["reserved"]
    update_one(store, "t1", State.CANCELED, expected_states=frozenset({State.SCHEDULED}), claim_id=None)

    assert (message_of(store, "t1").erased, state_of(store, "t2")) == (True, None)
    assert _personal_data(store) == []


@pytest.mark.parametrize("is_reserved", [True, False])
def test_successor_of_a_marked_message_is_erased_when_it_ends(store: WorkerStore, *, is_reserved: bool) -> None:
    """The application replaces it between the mark and the cancel."""
    _create(store, "t1", send_at=store.now() + DAY)
    if is_reserved:
        claim_one(store, "t1")
        update_one(store, "t1", State.SCHEDULED, due_in=DAY)
    store.erase(["t1"])
    store.replace("t1", Changes.validated(send_at=None, body="the secret text 2", client_tag="t2"))
    if is_reserved:
        update_one(store, "t1", State.CANCELED, expected_states=frozenset({State.SCHEDULED}), claim_id=None)
    assert (message_of(store, "t1").erased, message_of(store, "t2").to) == (True, NUMBER)

    store.cancel(["t2"])

    assert message_of(store, "t2").erased
    assert _personal_data(store) == []


def test_tag_of_an_erased_message_is_not_sent_again(store: WorkerStore) -> None:
    _create(store, "t1")
    store.cancel(["t1"])
    store.erase(["t1"])

    [again] = store.create([new_message(client_tag="t1", body=TEXT)])
    [other] = store.create([new_message(client_tag="t1", body=TEXT, group="another group")])

    assert again.message is not None
    assert (again.repeated, again.message.state, again.message.erased) == (True, State.CANCELED, True)
    assert isinstance(other.error, TagConflict)
    assert claim_one(store, "t1") is None


def test_scan_finds_all_records_of_a_number(store: WorkerStore, redis_url: str) -> None:
    plain = WorkerStore(connect(redis_url), Keys("test"))
    tags = {f"t {number}:*" for number in range(1500)}
    plain.create([new_message(client_tag=tag) for tag in sorted(tags)[:750]])
    plain.create([new_message(client_tag=tag) for tag in sorted(tags)[750:]])
    plain.create([new_message(client_tag="other", to="09012345679")])
    plain.close()
    store.redis.hset(store.keys.message("damaged"), mapping={"to": NUMBER, "state": "nonsense"})

    assert list(store.find_number(NUMBER)) == []
    assert set(store.scan_number(NUMBER)) == tags | {"damaged"}


def test_damaged_record_is_not_erased(store: WorkerStore) -> None:
    store.redis.hset(store.keys.message("damaged"), mapping={"to": NUMBER, "state": "nonsense"})

    assert store.erase(["damaged"]) == ["quarantined"]
    assert store.redis.hget(store.keys.message("damaged"), "to") == NUMBER


def test_rows_of_the_provider_prove_nothing_about_an_erased_message(store: WorkerStore) -> None:
    tag = accepted(store, client_tag="t1")
    update_one(store, tag, State.DELIVERY_UNKNOWN, expected_states=frozenset({State.ACCEPTED}), claim_id=None)
    row = Status(tag, StatusId.DELIVERED, NUMBER, TEXT)
    assert find_evidence([row], message_of(store, tag)).row is row

    store.erase([tag])

    evidence = find_evidence([row], message_of(store, tag))
    assert (evidence.row, evidence.other_number, evidence.is_absent) == (None, False, False)


def test_erased_message_is_purged(store: WorkerStore) -> None:
    _create(store, "t1")
    store.cancel(["t1"])
    store.erase(["t1"])

    while store.purge(retention=timedelta()) == 0:
        pass

    assert state_of(store, "t1") is None
