"""Groups with messages to suppressed numbers: when they are reported as finished."""

from collections.abc import Iterator

import pytest
from tests.integration.store.suppressed import KEY, NUMBER, open_store, suppress
from tests.support.store_helpers import (
    DAY,
    ZERO,
    new_message,
)

from zettai.core.store import WorkerStore
from zettai.core.store.events import read_events


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    store = open_store(redis_url, KEY)
    yield store
    store.close()


def _types(store: WorkerStore) -> list[str]:
    return [event.type.value for event in read_events(store.redis, store.keys)]


def test_group_with_a_suppressed_message_is_finished_once_at_its_end(store: WorkerStore) -> None:
    """Its first message is canceled when it is recorded. The others are still open."""
    suppress(store)
    suppressed, other = new_message(to=NUMBER, group="g"), new_message(to="08011112222", group="g")
    store.create([suppressed, other])
    store.create([suppressed, other])
    assert [event.type.value for event in read_events(store.redis, store.keys)] == ["canceled"]

    store.cancel([other.client_tag])

    types = [event.type.value for event in read_events(store.redis, store.keys)]
    assert types == ["canceled", "canceled", "group_finished"]


def test_group_with_suppressed_messages_only_is_finished_once_when_no_more_come(store: WorkerStore) -> None:
    """As after `send_many`, which records a campaign in several calls."""
    suppress(store)
    for _ in range(2):
        store.create([new_message(to=NUMBER, group="g") for _ in range(2)])
        assert store.report_emptied_groups(after=DAY) == 0
    assert _types(store) == ["canceled"] * 4

    assert store.report_emptied_groups(after=ZERO) == 1
    assert store.report_emptied_groups(after=ZERO) == 0

    [*_, finished] = read_events(store.redis, store.keys)
    assert (finished.type.value, finished.group) == ("group_finished", "g")
    assert not store.redis.exists(store.keys.open_in_groups, store.keys.emptied_groups)


@pytest.mark.parametrize("ends_early", [True, False])
def test_group_that_begins_with_suppressed_messages_is_finished_once(store: WorkerStore, ends_early: bool) -> None:  # noqa: FBT001
    """The first call has suppressed messages only, the second has others, which end before or after the wait."""
    suppress(store)
    store.create([new_message(to=NUMBER, group="g")])
    other = new_message(to="08011112222", group="g")
    store.create([other])

    if not ends_early:
        assert store.report_emptied_groups(after=ZERO) == 0
    store.cancel([other.client_tag])
    assert store.report_emptied_groups(after=ZERO) == 0

    assert _types(store) == ["canceled", "canceled", "group_finished"]


def test_groups_of_two_owners_are_reported_for_each(store: WorkerStore) -> None:
    suppress(store)
    store.create([new_message(to=NUMBER, group="g", created_by=maker) for maker in ("shop-1", "shop-2")])

    assert store.report_emptied_groups(after=ZERO) == 2

    makers = [event.created_by for event in read_events(store.redis, store.keys) if not event.client_tag]
    assert sorted(map(str, makers)) == ["shop-1", "shop-2"]
