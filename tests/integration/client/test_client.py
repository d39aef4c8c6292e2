"""The client on a real server: what is recorded, what is published, what comes back."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as Unreachable

from zettai import CancelOutcome, InvalidMessage, Settings, SmsClient, State, TagConflict
from zettai.core.lanes import Lane
from zettai.core.tasks import CHUNK


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


def test_a_message_is_recorded_and_published(client: SmsClient, redis: Redis) -> None:
    """What `send` returns is what the store has, and a task is on its way."""
    message = client.send("09012345678", "hello", lane="urgent", group="g", carrier="au")

    assert client.get(message.client_tag) == message
    assert (message.state, message.lane, message.group) == (State.QUEUED, Lane.URGENT, "g")
    assert redis.llen("zettai:celery:urgent") == 1


def test_defaults_depend_on_the_lane(client: SmsClient) -> None:
    """A one-time password is worthless sooner."""
    normal = client.send("09012345678", "hello")
    urgent = client.send("09012345678", "hello", lane="urgent")

    assert normal.expires_at - normal.created_at == timedelta(hours=24)
    assert urgent.expires_at - urgent.created_at == timedelta(minutes=10)


def test_a_repeat_returns_the_message_that_exists(client: SmsClient) -> None:
    """Safe to call again after any doubt."""
    first = client.send("09012345678", "hello", client_tag="t")

    assert client.send("+819012345678", "hello", client_tag="t") == first


def test_a_conflict_is_an_error(client: SmsClient) -> None:
    """Two messages cannot share a tag."""
    client.send("09012345678", "hello", client_tag="t")

    with pytest.raises(TagConflict):
        client.send("09012345678", "other", client_tag="t")


def test_bad_input_changes_nothing(client: SmsClient, redis: Redis) -> None:
    """Refused at the edge."""
    with pytest.raises(InvalidMessage):
        client.send("0312345678", "hello")

    assert redis.dbsize() == 0


def test_many_are_chunked(client: SmsClient, redis: Redis) -> None:
    """A campaign is few tasks, in the bulk lane."""
    results = list(client.send_many({"to": f"0901234{n:04}", "body": "hello"} for n in range(CHUNK * 3)))

    assert all(result.ok for result in results)
    assert 3 <= redis.llen("zettai:celery:bulk") <= 6


def test_one_bad_item_never_sinks_the_rest(client: SmsClient) -> None:
    """Each item has its result, in order."""
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


def test_a_receipt_tells_a_repeat_from_a_new_message(client: SmsClient) -> None:
    """Also within one call."""
    item = {"to": "09012345678", "body": "hello", "client_tag": "t"}

    results = list(client.send_many([item, item, {**item, "body": "other"}, {**item, "client_tag": "u"}]))

    assert [(result.ok, result.repeated) for result in results[::3]] == [(True, False)] * 2
    assert (results[1].message, results[1].repeated) == (results[0].message, True)
    assert isinstance(results[2].error, TagConflict)


def test_items_are_taken_as_receipts_are(client: SmsClient) -> None:
    """Memory stays flat: an endless campaign can be begun."""

    def endless() -> Iterator[dict[str, str]]:
        while True:
            yield {"to": "09012345678", "body": "hello"}

    assert next(iter(client.send_many(endless()))).ok


def test_a_group_is_canceled_in_the_store(client: SmsClient) -> None:
    """What no worker has touched is canceled at once."""
    list(client.send_many({"to": f"0901234{n:04}", "body": "hello", "group": "g"} for n in range(700)))

    assert client.cancel_group("g").canceled == 700
    assert len(list(client.list(state="canceled", group="g"))) == 700


def test_async_apps_have_their_own_calls(client: SmsClient) -> None:
    """They do the same, beside the loop."""

    async def journey() -> CancelOutcome:
        message = await client.asend("09012345678", "hello")
        assert await client.aget(message.client_tag) == message
        return await client.acancel(message.client_tag)

    assert asyncio.run(journey()) is CancelOutcome.CANCELED


def test_tasks_hold_tags_alone(client: SmsClient, redis: Redis) -> None:
    """What stands in a queue is no personal datum."""
    client.send("09012345678", "a secret body", client_tag="the-tag")

    [task] = redis.lrange("zettai:celery:normal", 0, -1)
    assert "9012345678" not in task
    assert "secret" not in task


def test_without_a_broker_the_message_is_still_accepted(client: SmsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record stands, so the sweep will find it: an error would make the caller send it twice."""

    def away(*_: object, **__: object) -> None:
        raise Unreachable

    monkeypatch.setattr("zettai.core.publisher.Publisher.publish", away)

    assert client.send("09012345678", "hello").state is State.QUEUED
