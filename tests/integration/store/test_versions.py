"""Producers and workers of different versions on one store."""

import pytest
from structlog.testing import capture_logs
from tests.support.store_helpers import MILLISECOND, MINUTE, accepted, claim_one, message_of, new_message, update_one

from zettai import State
from zettai.core.lanes import Lane
from zettai.core.store import WorkerStore
from zettai.core.store.records import VERSION


def _written_by(store: WorkerStore, version: int | None) -> str:
    """Create a message as a producer of this version does, and return its tag."""
    tag = new_message(client_tag=f"v{version}").client_tag
    store.create([new_message(client_tag=tag)])
    record = store.keys.message(tag)
    if version is None:
        store.redis.hdel(record, "v")
    else:
        store.redis.hset(record, "v", version)
    return tag


def test_new_records_have_a_version(store: WorkerStore) -> None:
    tag = new_message().client_tag
    store.create([new_message(client_tag=tag)])

    assert store.redis.hget(store.keys.message(tag), "v") == str(VERSION)


@pytest.mark.parametrize("version", [None, VERSION])
def test_record_of_an_older_producer_is_claimed(store: WorkerStore, version: int | None) -> None:
    assert claim_one(store, _written_by(store, version)) is not None


def test_record_of_a_newer_producer_waits_for_a_newer_worker(store: WorkerStore) -> None:
    tag = _written_by(store, VERSION + 1)
    assert store.take_turns(Lane.NORMAL, "process", "take", 1) == [tag]

    with capture_logs() as logs:
        assert claim_one(store, tag) is None

    [message] = store.get([tag])
    assert message is not None
    assert message.state is State.QUEUED
    assert [(line["event"], line["count"]) for line in logs] == [("record_of_newer_version", 1)]
    assert store.put_back_unclaimed(Lane.NORMAL, grace=MINUTE * 0) == 1


def test_history_of_an_earlier_version_is_read_and_continued(store: WorkerStore) -> None:
    tag = accepted(store)
    before = message_of(store, tag)
    # Earlier versions wrote a line for the first and for the latest event too.
    age = (before.since - before.created_at) // MILLISECOND
    store.redis.hset(
        store.keys.message(tag), mapping={"h1": "0 queued created", "h3": f"{age} accepted {before.reason}"}
    )

    assert message_of(store, tag) == before
    update_one(store, tag, State.DELIVERED, expected_states=frozenset({State.ACCEPTED}), claim_id=None)

    after = message_of(store, tag).history
    assert after[:-1] == before.history
    assert [event.state for event in after] == [State.QUEUED, State.SUBMITTING, State.ACCEPTED, State.DELIVERED]


def test_latest_and_first_event_take_no_memory(store: WorkerStore) -> None:
    tag = accepted(store)

    record = store.keys.message(tag)
    assert [store.redis.hexists(record, field) for field in ("h1", "h2", "h3")] == [False, True, False]
    assert len(message_of(store, tag).history) == 3
