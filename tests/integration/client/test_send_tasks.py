"""The tasks that the store pushes: when there is one, and that it is what Celery would have published."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from kombu.transport.virtual import Channel, Message
from tests.support.store_helpers import claim_one, update_one
from tests.support.wire import body_of

from zettai import Settings, SmsClient, State
from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.publisher import Publisher
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.tasks import CHUNK, TaskName, send_task_of
from zettai.core.times import now
from zettai_worker.message_filter import why_refused

TO = "09012345678"

IDS = [("headers", "id"), ("headers", "root_id"), ("properties", "correlation_id"), ("properties", "delivery_tag")]
"""The parts of a task that differ each time."""

KILLED = """
import os, signal
from zettai import SmsClient
from zettai.core.store import MessageStore
MessageStore._results = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
SmsClient.from_env().send("09012345678", "hello", client_tag="t")
"""
"""A web app that is killed as soon as it has the answer of the script."""


@pytest.fixture
def settings(redis_url: str) -> Settings:
    """Return the settings for an empty server. The tests send one text again and again."""
    return Settings.load(redis_url=redis_url, same_text_per_minute=0, urgent_per_number="")


@pytest.fixture
def client(settings: Settings) -> Iterator[SmsClient]:
    """Return a client on an empty server."""
    with SmsClient(settings) as client:
        yield client


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    """Return the store as workers use it."""
    with closing(WorkerStore(connect(redis_url), Keys("zettai"))) as store:
        yield store


def _take(store: WorkerStore, lane: Lane = Lane.NORMAL) -> list[dict[str, Any]]:
    """Take all tasks from a queue, oldest first."""
    key = store.keys.queue(lane)
    tasks = [json.loads(task) for task in reversed(store.redis.lrange(key, 0, -1))]
    store.redis.delete(key)
    return tasks


def _tags_of(task: dict[str, Any]) -> list[str]:
    [tags], _, _ = json.loads(body_of(task))
    return list(tags)


def _with_types(value: Any) -> Any:
    """Return a value with the type of each of its parts, because 0 equals False."""
    if isinstance(value, dict):
        return {name: _with_types(part) for name, part in value.items()}
    return type(value), value


def _take_ids(task: dict[str, Any]) -> list[str]:
    return [task[part].pop(name) for part, name in IDS]


@pytest.mark.parametrize("lane", SENDING_LANES)
@pytest.mark.parametrize("count", [1, 3, CHUNK])
def test_task_equals_what_celery_publishes(
    client: SmsClient, settings: Settings, store: WorkerStore, lane: Lane, count: int
) -> None:
    """If a new version of Celery changes its tasks, this fails."""
    items = ({"to": TO, "body": "hello", "client_tag": f"絶対 '{number}\"", "lane": lane} for number in range(count))
    list(client.send_many(items))
    pushed = _take(store, lane)
    with closing(Publisher(settings)) as publisher:
        for task in pushed:
            publisher.publish(send_task_of(lane), lane, _tags_of(task))
    published = _take(store, lane)

    assert sum(len(_tags_of(task)) for task in pushed) == count
    for ours, celerys in zip(pushed, published, strict=True):
        _check_equal(ours, celerys)


def _check_equal(ours: dict[str, Any], celerys: dict[str, Any]) -> None:
    """Check that a task of ours differs from one of Celery only in its ids, and in the encoding of its body."""
    ours["body"], celerys["body"] = json.loads(body_of(ours)), json.loads(body_of(celerys))
    assert celerys["properties"].pop("body_encoding") == "base64"
    ids, celery_ids = _take_ids(ours), _take_ids(celerys)
    # It identifies the Celery app.
    assert len(ours["properties"].pop("reply_to")) == len(celerys["properties"].pop("reply_to"))
    assert _with_types(ours) == _with_types(celerys)
    assert list(map(len, ids)) == list(map(len, celery_ids))
    assert ids[0] == ids[1] == ids[2] != ids[3]


def test_single_messages_that_wait_together_are_one_task(
    client: SmsClient, settings: Settings, store: WorkerStore
) -> None:
    tags = [f"絶対 '{number}\"" for number in range(CHUNK + 2)]
    for tag in tags:
        client.send(TO, "hello", client_tag=tag)
    pushed = _take(store)
    with closing(Publisher(settings)) as publisher:
        publisher.publish_tags(TaskName.SEND_IN_TURN, Lane.NORMAL, tags)

    assert [_tags_of(task) for task in pushed] == [tags[:CHUNK], tags[CHUNK:]]
    for ours, celerys in zip(pushed, _take(store), strict=True):
        del ours["headers"]["argsrepr"], celerys["headers"]["argsrepr"]
        _check_equal(ours, celerys)


def test_repeated_message_joins_its_own_task_once(client: SmsClient, store: WorkerStore) -> None:
    for tag in ("one", "two", "one"):
        client.send(TO, "hello", client_tag=tag)

    assert [_tags_of(task) for task in _take(store)] == [["one", "two"]]


def test_tags_that_look_like_json_stay_as_they_are(client: SmsClient, store: WorkerStore) -> None:
    tags = ['"]], x', 'a", "b', "a/b", "'],)\"", '\\"]], {}', "after", "ends with \\", "behind it"]
    for tag in tags:
        client.send(TO, "hello", client_tag=tag)

    assert [tag for task in _take(store) for tag in _tags_of(task)] == tags


def test_task_shows_each_of_its_messages(client: SmsClient, store: WorkerStore) -> None:
    """Flower shows this text."""
    for tag in ("one", "two", "three"):
        client.send(TO, "hello", client_tag=tag)

    [task] = _take(store)

    assert task["headers"]["argsrepr"] == "(['one', 'two', 'three'],)"


def test_message_joins_no_task_of_another_kind(client: SmsClient, settings: Settings, store: WorkerStore) -> None:
    queue = store.keys.queue(Lane.NORMAL)
    with closing(Publisher(settings)) as publisher:
        publisher.publish(TaskName.SEND_IN_TURN, Lane.NORMAL, ["sweep"])  # in base64, as the sweep publishes
        client.send(TO, "hello", client_tag="first")
        publisher.publish(TaskName.CANCEL, Lane.NORMAL, [TaskName.SEND_IN_TURN])
    client.send(TO, "hello", client_tag="second")
    other = json.loads(str(store.redis.lindex(queue, 0)))
    other["headers"] |= {"task": TaskName.CANCEL, "argsrepr": f"(['{TaskName.SEND_IN_TURN}'],)"}
    store.redis.lpush(queue, json.dumps(other))
    client.send(TO, "hello", client_tag="third")
    junk = [TaskName.SEND_IN_TURN, json.dumps({"task": TaskName.SEND_IN_TURN}), json.dumps([TaskName.SEND_IN_TURN])]
    for number, text in enumerate(junk):
        store.redis.lpush(queue, text)
        client.send(TO, "hello", client_tag=f"behind {number}")

    texts = [text for text in reversed(store.redis.lrange(queue, 0, -1)) if text not in junk]
    assert [_tags_of(json.loads(text)) for text in texts] == [
        ["sweep"],
        ["first"],
        [TaskName.SEND_IN_TURN],
        ["second"],
        ["second"],
        ["third"],
        ["behind 0"],
        ["behind 1"],
        ["behind 2"],
    ]


def test_each_task_has_its_own_ids(client: SmsClient, store: WorkerStore) -> None:
    tasks = []
    for _ in range(3):
        client.send(TO, "hello")
        tasks += _take(store)

    assert len({identifier for task in tasks for identifier in _take_ids(task)}) == 2 * len(tasks)


def test_workers_accept_the_task(client: SmsClient, store: WorkerStore) -> None:
    def send(tags: list[str]) -> None:
        raise AssertionError("the filter must not run a task")

    for tag in ("t", "u"):
        client.send(TO, "hello", client_tag=tag)
    [task] = _take(store)
    message = Message(task, channel=Channel.__new__(Channel))

    assert why_refused(message, {TaskName.SEND_IN_TURN: send}) is None
    assert message.payload[0] == [["t", "u"]]


def test_killed_producer_leaves_the_message_with_its_task(redis_url: str, store: WorkerStore) -> None:
    environment = {**os.environ, "ZETTAI_REDIS_URL": redis_url}

    killed = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False, timeout=60)

    assert killed.returncode == -signal.SIGKILL
    assert [_tags_of(task) for task in _take(store)] == [["t"]]
    assert [message.client_tag for message in store.find(state=State.QUEUED)] == ["t"]


def test_send_makes_one_round_trip_on_one_connection(client: SmsClient, store: WorkerStore) -> None:
    def counts() -> tuple[int, int]:
        stats = store.redis.info("commandstats")
        trips = sum(
            stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("evalsha", "eval", "script|load", "ping")
        )
        return trips, store.redis.info("stats")["total_connections_received"]

    client.send(TO, "hello")  # connects, and loads the script
    trips, connections = counts()
    client.send(TO, "hello")

    assert counts() == (trips + 1, connections)


def test_batch_of_several_lanes_has_tasks_in_each(client: SmsClient, store: WorkerStore) -> None:
    lanes = [Lane.BULK, Lane.URGENT, Lane.BULK, Lane.NORMAL]

    list(client.send_many({"to": TO, "body": "x", "client_tag": f"t{n}", "lane": lane} for n, lane in enumerate(lanes)))

    assert [[_tags_of(task) for task in _take(store, lane)] for lane in SENDING_LANES] == [
        [["t1"]],
        [["t3"]],
        [["t0", "t2"]],
    ]


@pytest.mark.parametrize(("ahead", "tasks"), [(timedelta(seconds=1), 0), (timedelta(hours=1), 1)])
def test_message_that_waits_in_the_store_has_no_task(
    client: SmsClient, store: WorkerStore, ahead: timedelta, tasks: int
) -> None:
    """A message that can be reserved at the provider has one."""
    at = now() + ahead
    for _ in range(2):
        client.send(TO, "hello", client_tag="t", send_at=at)
        assert len(_take(store)) == tasks


def test_repeated_message_has_a_task_again_while_it_waits_for_one(client: SmsClient, store: WorkerStore) -> None:
    for _ in range(2):
        client.send(TO, "hello", client_tag="t")
        assert [_tags_of(task) for task in _take(store)] == [["t"]]

    claim_one(store, "t")
    client.send(TO, "hello", client_tag="t")
    update_one(store, "t", State.ACCEPTED)
    client.send(TO, "hello", client_tag="t")
    assert _take(store) == []


def test_batch_in_which_nothing_needs_a_task_has_none(client: SmsClient, store: WorkerStore) -> None:
    items = [{"to": TO, "body": "hello", "client_tag": f"t{number}"} for number in range(CHUNK)]
    list(client.send_many(items))
    store.cancel([str(item["client_tag"]) for item in items])
    _take(store, Lane.BULK)

    list(client.send_many(items))
    list(client.send_many({**item, "body": "a conflict"} for item in items))

    assert _take(store, Lane.BULK) == []


def test_error_in_a_batch_leaves_no_record_without_its_indexes(client: SmsClient, store: WorkerStore) -> None:
    """A key of another type, which no program of ours writes, stops the script."""
    store.redis.set(store.keys.message("broken"), "text")
    messages = [client.new_message(to=TO, body="hello", client_tag=tag) for tag in ("first", "broken", "last")]

    with pytest.raises(Exception, match="WRONGTYPE"):
        store.create(messages)

    assert list(store.tags(state=State.QUEUED)) == ["first"]
    assert store.redis.zscore(store.keys.waiting(Lane.NORMAL), "first") is not None
    assert store.get(["last"]) == [None]
