"""Producers and workers of different versions on one store: what is understood is sent, the rest waits."""

import pytest
from structlog.testing import capture_logs
from tests.support.store_helpers import MINUTE, claim_one, new_message

from zettai import State
from zettai.core.lanes import Lane
from zettai.core.store import WorkerStore
from zettai.core.store.records import VERSION


def _written_by(store: WorkerStore, version: int | None) -> str:
    """A message as a producer of a version records it."""
    tag = new_message(client_tag=f"v{version}").client_tag
    store.create([new_message(client_tag=tag)])
    record = store.keys.message(tag)
    if version is None:
        store.redis.hdel(record, "v")
    else:
        store.redis.hset(record, "v", version)
    return tag


def test_records_have_a_version(store: WorkerStore) -> None:
    """From the first day on, so that there can be a second."""
    tag = new_message().client_tag
    store.create([new_message(client_tag=tag)])

    assert store.redis.hget(store.keys.message(tag), "v") == str(VERSION)


@pytest.mark.parametrize("version", [None, VERSION])
def test_an_earlier_producers_message_is_sent(store: WorkerStore, version: int | None) -> None:
    """One without a version counts as the first."""
    assert claim_one(store, _written_by(store, version)) is not None


def test_a_later_producers_message_waits_for_a_later_worker(store: WorkerStore) -> None:
    """It stays queued, one line says so, and it is not forgotten: a task for it is published again."""
    tag = _written_by(store, VERSION + 1)

    with capture_logs() as logs:
        assert claim_one(store, tag) is None

    [message] = store.get([tag])
    assert message is not None
    assert message.state is State.QUEUED
    assert [(line["event"], line["count"]) for line in logs] == [("record_of_newer_version", 1)]
    assert store.find_lost_tasks(Lane.NORMAL, grace=MINUTE * 0) == [tag]
