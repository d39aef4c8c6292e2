"""Processes that stop, lose their lock or their Redis."""

import time
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import WatchError
from tests.integration.webhooks.conftest import Serve
from tests.support.stack import eventually
from tests.support.webhook_state import is_settled
from tests.support.webhooks import Receiver, append, open_group

from zettai.core.store import MessageStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.event_reader import EventReader
from zettai.core.store.keys import Keys
from zettai_worker.webhooks import storage
from zettai_worker.webhooks.endpoints import reader_group


def test_events_during_a_stop_are_delivered_after_it(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver
) -> None:
    """A request in flight ends, and its outcome is recorded: no event arrives twice."""
    started = Event()

    def answer(_id: str, _data: dict[str, Any]) -> int:
        started.set()
        time.sleep(0.2)
        return 200

    receiver.answer = answer
    with receiver.listen():
        ids = append(redis, keys, *(f"t{number}" for number in range(50)))
        with serve() as stopping:
            assert started.wait(60)
            stopping.set()
        first = len(receiver.requests)
        with serve():
            eventually(lambda: len(receiver.requests) >= 50 and is_settled(redis, keys), "the rest arrives")

    assert 0 < first < 50
    assert sorted(one.id for one in receiver.requests) == sorted(ids)


def test_process_that_lost_its_lock_records_nothing(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    """The event is delivered by the next process too, with the same id."""
    arrived, release = Event(), Event()

    def answer(_id: str, _data: dict[str, Any]) -> int:
        arrived.set()
        assert release.wait(60)
        return 200

    receiver.answer = answer
    [event_id] = append(redis, keys, "t1")
    with receiver.listen(), serve(webhook_timeout=20):
        assert arrived.wait(60)
        redis.set(keys.webhook_lock("shop"), "another process", px=500)
        release.set()
        eventually(lambda: len(receiver.requests) == 2 and is_settled(redis, keys), "it is delivered again")

    assert {one.id for one in receiver.requests} == {event_id}


def test_second_process_waits_and_takes_over(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    with receiver.listen(), serve() as first:
        append(redis, keys, *(f"a{number}" for number in range(20)))
        eventually(lambda: len(receiver.tags()) == 20, "the first one delivers")
        with serve():
            append(redis, keys, *(f"b{number}" for number in range(20)))
            eventually(lambda: len(receiver.tags()) == 40, "one of them delivers")
            first.set()
            eventually(lambda: redis.exists(keys.webhook_lock("shop")), "the second one has the lock")
            append(redis, keys, *(f"c{number}" for number in range(20)))
            eventually(lambda: len(receiver.tags()) == 60, "the second one delivers")

    assert len(receiver.requests) == 60


def test_cut_connections_to_redis_lose_no_event(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    tags = [f"t{number}" for number in range(600)]
    ids = append(redis, keys, *tags)
    with receiver.listen(), serve():
        for part in range(1, 5):
            eventually(lambda: len(receiver.tags()) >= 100 * part, "some arrive")  # noqa: B023
            redis.client_kill_filter(_type="normal", skipme=True)
        eventually(lambda: len(receiver.tags()) == 600 and is_settled(redis, keys), "all arrive")

    assert {one.id for one in receiver.accepted} == set(ids)


def test_redis_that_lost_its_data_gets_a_new_group(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    """The process was active, so nothing that is in the new stream was delivered."""
    with receiver.listen(), serve():
        append(redis, keys, "before")
        eventually(lambda: receiver.tags() == {"before"}, "it arrives")
        redis.flushall()
        append(redis, keys, "after")
        eventually(lambda: receiver.tags() == {"before", "after"}, "it arrives too")


@pytest.mark.parametrize("when", ["before", "while"])
def test_process_without_the_lock_reads_nothing(redis: Redis, keys: Keys, redis_url: str, when: str) -> None:
    """Otherwise an event could wait with a stopped process, and later ones of its message would overtake it."""
    open_group(redis, keys, "shop")
    append(redis, keys, "t1")
    with connect(redis_url, retry=UNRETRIED) as connection:
        owner = storage.EndpointStorage(connection, keys, "shop", lock_time=20)
        assert owner.acquire()

        def lose(pipe: Any) -> None:
            if when == "before":
                redis.set(keys.webhook_lock("shop"), "another process")
            owner.watch_lock(pipe)
            redis.set(keys.webhook_lock("shop"), "another process")

        store = MessageStore(connection, keys)
        reader = EventReader(store, reader_group("shop"), "delivery", from_oldest=True, before_read=lose)
        with pytest.raises((storage.LostLock, WatchError)):
            reader.read(timedelta(seconds=0.01))
        with pytest.raises(storage.LostLock):
            owner.record(storage.Changes(done=["1-0"]))
        with pytest.raises(storage.LostLock):
            owner.take_replays(10)

    [group] = redis.xinfo_groups(keys.events)
    assert (group["pending"], group["lag"]) == (0, 1)
