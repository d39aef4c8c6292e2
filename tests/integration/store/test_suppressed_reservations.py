"""Reservations to numbers that are suppressed later."""

from collections.abc import Iterator
from typing import cast

import pytest
from tests.integration.store.suppressed import KEY, create, open_store, reserve, suppress
from tests.support.store_helpers import (
    DAY,
    MINUTE,
    claim_one,
    message_of,
    update_one,
)

from zettai.core.message import SUPPRESSED
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.scripts import BATCH


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    store = open_store(redis_url, KEY)
    yield store
    store.close()


def _search(store: WorkerStore) -> list[str]:
    """Search to the end."""
    found: list[str] = []
    while True:
        tags, is_complete = store.search_reservations()
        found += tags
        if is_complete:
            return found


def test_reservation_is_found_by_the_search(store: WorkerStore) -> None:
    suppressed, other = reserve(store), reserve(store, to="09012345679")
    suppress(store)

    assert _search(store) == [suppressed]

    assert message_of(store, suppressed).cancel_requested
    assert message_of(store, suppressed).cancel_reason == SUPPRESSED
    assert not message_of(store, other).cancel_requested
    assert _search(store) == []


def test_message_claimed_before_the_addition_is_canceled_when_it_is_reserved(store: WorkerStore) -> None:
    tag = create(store, send_at=store.now() + DAY)
    claim_one(store, tag)
    suppress(store)
    _search(store)

    update_one(store, tag, State.SCHEDULED, due_in=DAY)

    assert message_of(store, tag).cancel_reason == SUPPRESSED
    assert store.claim_due_to_check(claim_timeout=MINUTE) == [tag]


def test_requested_cancel_keeps_its_reason(store: WorkerStore) -> None:
    tag = reserve(store)
    store.cancel([tag])
    suppress(store)

    assert _search(store) == []
    assert message_of(store, tag).cancel_reason == "on request"


def test_search_is_continued_by_another_worker_and_repeated_after_an_addition(
    store: WorkerStore, redis_url: str
) -> None:
    """Each step of a search can be the last one of its worker."""
    tags = [reserve(store, to=f"0901000{number:04}") for number in range(2)]
    # Many reservations of the same moment, and more than one page.
    others = {f"other-{number}": number // (BATCH - 100) for number in range(3 * BATCH)}
    store.redis.zadd(store.keys.state(State.SCHEDULED), others)
    suppress(store, "+819010000001")

    found, is_complete = store.search_reservations()
    assert (found, is_complete) == ([], False)
    suppress(store, "+819010000000")
    other = open_store(redis_url, None)  # a worker has no key

    assert sorted(_search(other)) == sorted(tags)
    other.close()


def test_addition_during_the_last_step_is_searched_again(store: WorkerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that is reserved after its page was read, and suppressed before the step is recorded, is found."""
    suppress(store, "+819010000001")
    late: list[str] = []
    page = store._page

    def read_page(position: str) -> tuple[list[str], str]:
        found = page(position)
        if not late:
            late.append(reserve(store))
            suppress(store)
        return found

    monkeypatch.setattr(store, "_page", read_page)

    assert _search(store) == late


def test_many_reservations_of_one_moment_are_all_searched(store: WorkerStore) -> None:
    tag = reserve(store)
    index = store.keys.state(State.SCHEDULED)
    moment = store.redis.zscore(index, tag)
    store.redis.zadd(index, {f"a-{number}": cast("float", moment) for number in range(2 * BATCH)})
    suppress(store)

    assert _search(store) == [tag]


def test_record_keeps_the_hash_of_its_number_until_it_can_not_be_canceled(store: WorkerStore) -> None:
    tag = reserve(store)
    assert store.redis.hget(store.keys.message(tag), "to_key") == KEY.hash_of("+819012345678")

    update_one(store, tag, State.ACCEPTED, expected_states=frozenset({State.SCHEDULED}), claim_id=None)

    assert store.redis.hget(store.keys.message(tag), "to_key") is None
