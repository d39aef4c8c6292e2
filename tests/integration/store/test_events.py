"""The events that the scripts append for applications."""

import pytest
from tests.support.store_helpers import MINUTE, ZERO, accepted, claim_one, new_message, update_one

from zettai.core.events import EventType, MessageEvent
from zettai.core.states import State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store import scripts as store_scripts
from zettai.core.store.events import read_events


def events_of(store: WorkerStore) -> list[MessageEvent]:
    return list(read_events(store.redis, store.keys))


def types_of(store: WorkerStore) -> list[str]:
    return [event.type.value for event in events_of(store)]


def deliver(store: WorkerStore, tag: str) -> None:
    update_one(store, tag, State.DELIVERED, expected_states=frozenset({State.ACCEPTED}), claim_id=None)


def test_delivery_has_an_event_for_each_step(store: WorkerStore) -> None:
    tag = accepted(store)
    deliver(store, tag)

    first, second = events_of(store)

    assert (first.type, first.client_tag, first.reason, first.group) == (EventType.ACCEPTED, tag, "test", None)
    assert (second.type, second.client_tag) == (EventType.DELIVERED, tag)
    assert first.id < second.id
    assert abs(second.at - store.now()) < MINUTE


def test_event_has_neither_number_nor_text(store: WorkerStore) -> None:
    tag = accepted(store, body="secret words", group="g")
    deliver(store, tag)

    written = str(store.redis.xrange(store.keys.events))

    assert tag in written
    assert "secret words" not in written
    assert "9012345678" not in written


def test_cancel_before_sending_has_an_event(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    store.cancel([one.client_tag])
    store.cancel([one.client_tag])

    assert types_of(store) == ["canceled"]


def test_expiry_has_an_event(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    store.redis.hset(store.keys.message(one.client_tag), "expires", 0)
    claim_one(store, one.client_tag)

    assert types_of(store) == ["expired"]


def test_end_by_time_has_an_event(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.redis.hset(store.keys.message(one.client_tag), "expires", 0)
    store.process_due([one.client_tag], held_for=MINUTE, give_up_after=MINUTE)

    assert types_of(store) == ["delivery_unknown"]


def test_overdue_message_has_one_event(store: WorkerStore) -> None:
    tag = accepted(store, group="g")
    late = StateUpdate(client_tag=tag, expected_states=frozenset({State.ACCEPTED}), overdue=True, due_in=MINUTE)
    store.apply_updates([late])
    store.apply_updates([late])

    assert types_of(store) == ["accepted", "overdue"]
    assert events_of(store)[-1].group == "g"


def test_late_delivery_is_a_second_final_event(store: WorkerStore) -> None:
    tag = accepted(store, group="g")
    update_one(store, tag, State.UNDELIVERED, expected_states=frozenset({State.ACCEPTED}), claim_id=None)
    update_one(store, tag, State.DELIVERED, expected_states=frozenset({State.UNDELIVERED}), claim_id=None)

    assert types_of(store) == ["accepted", "undelivered", "group_finished", "delivered"]


def test_group_is_finished_once_after_its_last_message(store: WorkerStore) -> None:
    messages = [new_message(group="party") for _ in range(3)]
    store.create(messages)
    store.create(messages)
    store.create([new_message(group="other")])
    for number, message in enumerate(messages):
        assert types_of(store) == ["canceled"] * number
        store.cancel([message.client_tag])

    events = events_of(store)

    assert [event.type.value for event in events] == ["canceled"] * 3 + ["group_finished"]
    assert (events[-1].group, events[-1].client_tag) == ("party", "")
    assert store.redis.hgetall(store.keys.open_in_groups) == {"other": "1"}


def test_group_that_was_recorded_without_a_count_is_not_reported(store: WorkerStore) -> None:
    """Messages of a version that did not count them."""
    messages = [new_message(group="old") for _ in range(2)]
    store.create(messages)
    store.redis.delete(store.keys.open_in_groups)
    for message in messages:
        store.cancel([message.client_tag])

    assert types_of(store) == ["canceled", "canceled"]
    assert not store.redis.exists(store.keys.open_in_groups)


def test_stream_keeps_a_bounded_number_of_events(store: WorkerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_scripts, "MOST_EVENTS", 100)
    store_scripts._source.cache_clear()
    for _ in range(10):
        messages = [new_message() for _ in range(100)]
        store.create(messages)
        store.cancel([message.client_tag for message in messages])
    store_scripts._source.cache_clear()

    assert 100 <= store.redis.xlen(store.keys.events) <= 200  # Redis removes whole nodes of 100 entries


def test_page_after_page_is_read(store: WorkerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zettai.core.store.events.PAGE", 2)
    messages = [new_message() for _ in range(5)]
    store.create(messages)
    store.cancel([message.client_tag for message in messages])

    events = events_of(store)

    assert [event.client_tag for event in events] == [message.client_tag for message in messages]
    assert list(read_events(store.redis, store.keys, after=events[2].id)) == events[3:]
