"""The client on a real server: what it records, publishes and returns."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as Unreachable
from tests.support.store_helpers import claim_one, update_one

from zettai import CancelOutcome, InvalidMessage, Settings, SmsClient, State, TagConflict
from zettai.core.lanes import Lane
from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys
from zettai.core.tasks import CHUNK
from zettai.core.times import now


@pytest.fixture
def client(redis_url: str) -> Iterator[SmsClient]:
    """A client on an empty server."""
    with SmsClient(Settings.load(redis_url=redis_url)) as client:
        yield client


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A look behind the client."""
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


def test_send_records_and_publishes_the_message(client: SmsClient, redis: Redis) -> None:
    message = client.send("09012345678", "hello", lane="urgent", group="g", carrier="au")

    assert client.get(message.client_tag) == message
    assert (message.state, message.lane, message.group) == (State.QUEUED, Lane.URGENT, "g")
    assert redis.llen("zettai:celery:urgent") == 1


def test_default_expiry_depends_on_the_lane(client: SmsClient) -> None:
    normal = client.send("09012345678", "hello")
    urgent = client.send("09012345678", "hello", lane="urgent")

    assert normal.expires_at - normal.created_at == timedelta(hours=24)
    assert urgent.expires_at - urgent.created_at == timedelta(minutes=10)


def test_repeated_send_returns_the_existing_message(client: SmsClient) -> None:
    first = client.send("09012345678", "hello", client_tag="t")

    assert client.send("+819012345678", "hello", client_tag="t") == first


def test_other_content_with_the_same_tag_raises_tag_conflict(client: SmsClient) -> None:
    client.send("09012345678", "hello", client_tag="t")

    with pytest.raises(TagConflict):
        client.send("09012345678", "other", client_tag="t")


def test_invalid_message_is_not_recorded(client: SmsClient, redis: Redis) -> None:
    with pytest.raises(InvalidMessage):
        client.send("0312345678", "hello")

    assert redis.dbsize() == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda client, durable: client.send("09012345678", "hello", durable=durable),
        lambda client, durable: list(client.send_many([{"to": "09012345678", "body": "hello"}], durable=durable)),
        lambda client, durable: client.cancel("kept", durable=durable),
        lambda client, durable: client.cancel_group("kept", durable=durable),
        lambda client, durable: client.replace("kept", body="other", durable=durable),
    ],
)
def test_durable_that_is_neither_true_nor_false_is_refused(client: SmsClient, call: Any) -> None:
    kept = client.send("09012345678", "hello", client_tag="kept", group="kept")

    with pytest.raises(InvalidMessage, match=r"^durable: must be true or false$"):
        call(client, "no")

    assert list(client.list()) == [kept]


def test_send_many_publishes_tags_in_chunks(client: SmsClient, redis: Redis) -> None:
    results = list(client.send_many({"to": f"0901234{n:04}", "body": "hello"} for n in range(CHUNK * 3)))

    assert all(result.ok for result in results)
    assert 3 <= redis.llen("zettai:celery:bulk") <= 6


def test_invalid_item_does_not_stop_the_others(client: SmsClient) -> None:
    items: list[Any] = [
        {"to": "09012345678", "body": "good", "client_tag": "a"},
        {"to": "0312345678", "body": "a landline"},
        "rubbish",
        {"body": "no recipient"},
        {"to": "09012345678", "body": "other", "client_tag": "a"},
        {"to": "09012345678", "body": "good", "lane": "normal"},
    ]

    results = list(client.send_many(items))

    assert [result.position for result in results] == [0, 1, 2, 3, 4, 5]
    assert [result.ok for result in results] == [True, False, False, False, False, True]
    assert isinstance(results[4].error, TagConflict)
    assert results[5].message is not None
    assert results[5].message.lane is Lane.NORMAL


def test_result_marks_a_repeated_message(client: SmsClient) -> None:
    item = {"to": "09012345678", "body": "hello", "client_tag": "t"}

    results = list(client.send_many([item, item, {**item, "body": "other"}, {**item, "client_tag": "u"}]))

    assert [(result.ok, result.repeated) for result in results[::3]] == [(True, False)] * 2
    assert (results[1].message, results[1].repeated) == (results[0].message, True)
    assert isinstance(results[2].error, TagConflict)


def test_send_many_is_lazy(client: SmsClient) -> None:
    def endless() -> Iterator[dict[str, str]]:
        while True:
            yield {"to": "09012345678", "body": "hello"}

    assert next(iter(client.send_many(endless()))).ok


def test_cancel_group_cancels_unsent_messages_at_once(client: SmsClient) -> None:
    list(client.send_many({"to": f"0901234{n:04}", "body": "hello", "group": "g"} for n in range(700)))

    assert client.cancel_group("g").canceled == 700
    assert len(list(client.list(state="canceled", group="g"))) == 700


def test_tasks_contain_no_number_and_no_body(client: SmsClient, redis: Redis) -> None:
    client.send("09012345678", "a secret body", client_tag="the-tag")

    [task] = redis.lrange("zettai:celery:normal", 0, -1)
    assert "9012345678" not in task
    assert "secret" not in task


def test_cancel_succeeds_if_its_task_cannot_be_published(
    client: SmsClient, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep finds the recorded request. An error would make the caller believe that nothing is recorded."""

    def away(*_: object, **__: object) -> None:
        raise Unreachable

    store = WorkerStore(redis, Keys("zettai"))
    message = client.send("09012345678", "hello", send_at=now() + timedelta(hours=1))
    claim_one(store, message.client_tag)
    update_one(store, message.client_tag, State.SCHEDULED)
    monkeypatch.setattr("zettai.core.publisher.Publisher.publish", away)

    assert client.cancel(message.client_tag) is CancelOutcome.PENDING


@pytest.mark.parametrize("field", ["to", "state", "expires", "events"])
def test_damaged_record_is_left_out(client: SmsClient, redis: Redis, field: str) -> None:
    damaged, whole = (client.send("09012345678", "hello", group="g").client_tag for _ in range(2))
    redis.hdel(f"zettai:message:{damaged}", field)

    assert client.get(damaged) is None
    assert [message.client_tag for message in client.list(group="g")] == [whole]
    assert client.cancel(damaged) is CancelOutcome.NOT_FOUND
    assert client.cancel_group("g").canceled == 1
