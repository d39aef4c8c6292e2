"""The right to cancel many reservations by one call."""

from datetime import timedelta

import pytest
from tests.support.store_helpers import DAY, MINUTE, SECOND, ZERO, claim_one, new_message, update_one

from zettai.core.states import State
from zettai.core.store import ClaimKind, WorkerStore
from zettai.core.times import to_milliseconds

GROUPS = pytest.mark.parametrize("group", ["g", None])


def reserved(store: WorkerStore, group: str | None = "g", state: State = State.SCHEDULED) -> str:
    """Return the tag of a message that the provider has reserved, or may have."""
    one = new_message(group=group, send_at=store.now() + DAY)
    store.create([one])
    claim_one(store, one.client_tag)
    if state is not State.SUBMITTING:
        update_one(store, one.client_tag, state, due_in=DAY)
    return one.client_tag


def request(store: WorkerStore, group: str | None, *, ago: timedelta = ZERO) -> None:
    """Request a bulk cancel, some time ago."""
    store.request_bulk_cancel(group)
    for field, value in store.redis.hgetall(store.keys.bulk_cancels).items():
        store.redis.hset(store.keys.bulk_cancels, field, int(value) - round(ago.total_seconds() * 1000))


@GROUPS
def test_right_is_given_once(store: WorkerStore, group: str | None) -> None:
    store.cancel([reserved(store)])
    request(store, group)

    assert store.take_bulk_cancel(group, usable_for=MINUTE)
    assert not store.take_bulk_cancel(group, usable_for=MINUTE)


@GROUPS
def test_right_is_not_given_late_or_without_a_request(store: WorkerStore, group: str | None) -> None:
    store.cancel([reserved(store)])
    assert not store.take_bulk_cancel(group, usable_for=MINUTE)

    request(store, group, ago=61 * SECOND)

    assert not store.take_bulk_cancel(group, usable_for=MINUTE)


@GROUPS
@pytest.mark.parametrize("state", [State.SCHEDULED, State.SUBMITTING, State.SUBMIT_UNKNOWN])
def test_right_is_not_given_if_something_else_may_be_reserved(
    store: WorkerStore, group: str | None, state: State
) -> None:
    store.cancel([reserved(store)])
    corrected = reserved(store, state=state)
    request(store, group)

    assert not store.take_bulk_cancel(group, usable_for=MINUTE)
    another = new_message(group="g", send_at=store.now() + DAY)
    store.create([another])
    assert claim_one(store, another.client_tag)  # reservations go on at once

    store.cancel([corrected, another.client_tag])
    request(store, group)
    assert store.take_bulk_cancel(group, usable_for=MINUTE)


def test_other_groups_do_not_count(store: WorkerStore) -> None:
    store.cancel([reserved(store)])
    reserved(store, group="other")
    request(store, "g")

    assert store.take_bulk_cancel("g", usable_for=MINUTE)


@GROUPS
def test_nothing_of_the_group_is_reserved_while_the_right_lasts(store: WorkerStore, group: str | None) -> None:
    request(store, group)
    assert store.take_bulk_cancel(group, usable_for=MINUTE)
    corrected, at_once = new_message(group="g", send_at=store.now() + DAY), new_message(group="g")
    store.create([corrected, at_once])

    assert claim_one(store, corrected.client_tag) is None
    assert claim_one(store, at_once.client_tag, "another")

    store.end_bulk_cancel(group)
    store.redis.zadd(store.keys.due_to_send, {corrected.client_tag: to_milliseconds(store.now() - MINUTE)})
    claim = claim_one(store, corrected.client_tag)
    assert claim is not None
    assert claim.kind is ClaimKind.RESERVE
