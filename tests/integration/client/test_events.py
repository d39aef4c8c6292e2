"""The subscriber: `client.events`."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from structlog.testing import capture_logs

from zettai import EventType, InvalidMessage, LedgerUnavailable, MessageEvent, Settings, SmsClient
from zettai.core.store import MessageStore, event_reader
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys

AT_ONCE = timedelta(milliseconds=1)


@pytest.fixture
def client(redis_url: str) -> Iterator[SmsClient]:
    with SmsClient(Settings(redis_url=redis_url, same_text_per_minute=0)) as client:
        yield client


def _cancel_some(client: SmsClient, count: int, group: str | None = None) -> list[str]:
    """Send messages and cancel them, so that each has an event. Return their tags."""
    tags = [client.send("09012345678", "hello", group=group).client_tag for _ in range(count)]
    for tag in tags:
        client.cancel(tag)
    return tags


def _read(client: SmsClient, group: str = "g", **options: str) -> list[MessageEvent]:
    return list(client.events(group=group, timeout=AT_ONCE, start="oldest", **options))


def _store_of(client: SmsClient) -> MessageStore:
    return MessageStore(connect(client._settings.redis_url), Keys("zettai"))


def _tags(events: list[MessageEvent]) -> list[str]:
    return [event.client_tag for event in events]


def test_each_group_gets_every_event_once_in_order_with_its_message(client: SmsClient) -> None:
    tags = _cancel_some(client, 3)

    events = _read(client)

    assert _tags(events) == tags
    assert [event.message for event in events] == [client.get(tag) for tag in tags]
    assert _read(client) == []
    assert _tags(_read(client, "other")) == tags


def test_more_events_than_a_batch_are_all_read(client: SmsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_reader, "BATCH", 2)
    tags = _cancel_some(client, 5)

    assert _tags(_read(client)) == tags


def test_new_group_starts_now_by_default(client: SmsClient) -> None:
    _cancel_some(client, 1)
    assert list(client.events(group="g", timeout=AT_ONCE)) == []
    [tag] = _cancel_some(client, 1)

    assert _tags(_read(client)) == [tag]


def test_event_is_repeated_until_the_next_one_is_requested(client: SmsClient) -> None:
    tags = _cancel_some(client, 3)

    assert _tags(list(islice(client.events(group="g", start="oldest"), 2))) == tags[:2]
    assert _tags(_read(client)) == tags[1:]


def test_repeated_event_has_the_same_id(client: SmsClient) -> None:
    _cancel_some(client, 1)

    first = next(client.events(group="g", start="oldest"))
    [second] = _read(client)

    assert first.id == second.id


def test_reader_that_is_killed_loses_nothing(client: SmsClient, redis_url: str) -> None:
    tags = _cancel_some(client, 250)
    program = (
        "from zettai import Settings, SmsClient\n"
        f"for event in SmsClient(Settings(redis_url={redis_url!r})).events(group='g', start='oldest'):\n"
        "    print(event.client_tag, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        done = [process.stdout.readline().strip() for _ in range(120)]
        process.kill()
        done += process.stdout.read().split()

    rest = _tags(_read(client))

    assert done == tags[: len(done)]
    assert rest[0] in {tags[len(done) - 1], *tags[len(done) : len(done) + 1]}
    assert rest == tags[tags.index(rest[0]) :]


def test_events_of_a_dead_reader_are_taken_over(client: SmsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    tags = _cancel_some(client, 3)
    next(client.events(group="g", start="oldest", reader="first"))
    assert _read(client, reader="second") == []

    monkeypatch.setattr(event_reader, "TAKE_OVER_AFTER", timedelta())

    assert _tags(_read(client, reader="second")) == tags


def test_slow_reader_renews_the_rest_of_its_batch(client: SmsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    tags = _cancel_some(client, 3)
    events = client.events(group="g", start="oldest", timeout=AT_ONCE)
    assert next(events).client_tag == tags[0]

    with monkeypatch.context() as patched:
        patched.setattr("zettai.subscriber.TAKE_OVER_AFTER", timedelta(days=-1))
        patched.setattr(event_reader, "BATCH", 1)
        tag = next(events, None)
    assert tag is None
    assert _tags(_read(client)) == tags[1:]


def test_other_types_are_left_out(client: SmsClient) -> None:
    _cancel_some(client, 2, group="party")

    [event] = client.events(group="g", types=["group_finished"], start="oldest", timeout=AT_ONCE)

    assert (event.type, event.group, event.client_tag, event.message) == (EventType.GROUP_FINISHED, "party", "", None)
    assert _read(client) == []


def test_event_of_a_purged_message_has_no_message(client: SmsClient) -> None:
    [tag] = _cancel_some(client, 1)
    store = _store_of(client)
    store.redis.delete(store.keys.message(tag))

    [event] = _read(client)

    assert (event.client_tag, event.message) == (tag, None)


def test_events_that_were_removed_unread_are_reported_once(client: SmsClient) -> None:
    tags = _cancel_some(client, 3)
    assert next(client.events(group="g", start="oldest")).client_tag == tags[0]
    assert _tags(_read(client)) == tags
    tags = _cancel_some(client, 5)
    store = _store_of(client)
    store.redis.xtrim(store.keys.events, maxlen=2, approximate=False)

    with capture_logs() as logs:
        assert _tags(_read(client)) == tags[3:]
        assert _read(client) == []

    assert [(line["event"], line["group"], line["events"]) for line in logs] == [("events_lost", "g", 3)]
    assert store.redis.hgetall(store.keys.lost_events) == {"g": "3"}


def test_events_that_were_removed_before_they_were_acknowledged_are_reported(client: SmsClient) -> None:
    tags = _cancel_some(client, 3)
    next(client.events(group="g", start="oldest"))
    store = _store_of(client)
    store.redis.xtrim(store.keys.events, maxlen=1, approximate=False)

    assert _tags(_read(client)) == tags[2:]
    assert _read(client) == []
    assert store.redis.hgetall(store.keys.lost_events) == {"g": "2"}


def test_new_group_on_a_trimmed_stream_has_lost_nothing(client: SmsClient) -> None:
    _cancel_some(client, 3)
    store = _store_of(client)
    store.redis.xtrim(store.keys.events, maxlen=1, approximate=False)
    for start in ("now", "oldest"):
        list(client.events(group=start, start=start, timeout=AT_ONCE))
    [tag] = _cancel_some(client, 1)

    assert _tags(_read(client, "now")) == [tag]
    assert not store.redis.exists(store.keys.lost_events)


def test_event_of_a_newer_version_is_skipped(client: SmsClient) -> None:
    store = _store_of(client)
    store.redis.xadd(store.keys.events, {"type": "moved", "tag": "t", "reason": "", "group": ""})
    [tag] = _cancel_some(client, 1)

    assert _tags(_read(client)) == [tag]
    assert _read(client) == []


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"group": ""}, "group"),
        ({"group": None}, "group"),
        ({"group": "webhook:shop"}, "group"),
        ({"group": "g", "reader": " "}, "reader"),
        ({"group": "g", "types": ["moved"]}, "types"),
        ({"group": "g", "types": 5}, "types"),
        ({"group": "g", "types": []}, "types"),
        ({"group": "g", "timeout": 5}, "timeout"),
        ({"group": "g", "start": "tomorrow"}, "start"),
    ],
)
def test_invalid_argument_is_rejected_at_the_call(client: SmsClient, options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        client.events(**options)

    assert caught.value.field == field


def test_missing_redis_is_reported() -> None:
    with SmsClient(Settings(redis_url="redis://127.0.0.1:1")) as client, pytest.raises(LedgerUnavailable):
        client.events(group="g")
