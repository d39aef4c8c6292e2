"""Lost tasks, the length of the history, and the purge."""

from datetime import timedelta

from tests.support.store_helpers import (
    DAY,
    MINUTE,
    ZERO,
    accepted,
    claim_one,
    new_message,
    update_one,
    wait_a_millisecond,
)

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.scripts import HISTORY_LENGTH


def test_lost_task_is_found_when_the_queue_is_empty(store: WorkerStore) -> None:
    one = new_message(lane=Lane.URGENT)
    store.create([one])

    assert store.find_lost_tasks(Lane.URGENT, grace=ZERO) == [one.client_tag]


def test_lost_task_is_found_when_a_later_message_was_claimed(store: WorkerStore) -> None:
    """A queue is first in, first out."""
    lost, later = new_message(lane=Lane.URGENT), new_message(lane=Lane.URGENT)
    store.create([lost])
    wait_a_millisecond(store)
    wait_a_millisecond(store)
    store.create([later])
    store.redis.lpush(store.keys.queue(Lane.URGENT), "a task")
    claim_one(store, later.client_tag)

    assert store.find_lost_tasks(Lane.URGENT, grace=timedelta(milliseconds=1)) == [lost.client_tag]


def test_history_keeps_the_first_and_the_latest_events(store: WorkerStore) -> None:
    one = new_message()
    store.create([one])
    for _ in range(HISTORY_LENGTH):
        claim_one(store, one.client_tag)
        update_one(store, one.client_tag, State.QUEUED, due_in=ZERO)
        store.process_due([one.client_tag], held_for=MINUTE, give_up_after=DAY)

    [message] = store.get([one.client_tag])

    assert message is not None
    assert len(message.history) == HISTORY_LENGTH
    assert message.history[0].reason == "created"
    assert message.history[-1].state is State.QUEUED


def test_purge_deletes_all_keys_and_index_entries_of_a_message(store: WorkerStore) -> None:
    gone = accepted(store, group="g", created_by="shop-1", team="shops")
    update_one(store, gone, State.DELIVERED, expected_states=frozenset({State.ACCEPTED}), claim_id=None)
    stays = accepted(store, group="g", created_by="shop-2", team="shops")

    assert store.purge(retention=MINUTE) == 0
    assert store.purge(retention=-MINUTE) == 1

    assert store.get([gone]) == [None]
    assert list(store.tags(group="g")) == list(store.scan(store.keys.owned("shops"))) == [stays]
    assert not [key for key in store.redis.scan_iter("*") if gone in str(key)]
    assert store.counts()[State.DELIVERED] == 0


def test_find_yields_each_message_once(store: WorkerStore) -> None:
    messages = [new_message(group="g") for _ in range(1200)]
    for start in range(0, len(messages), 400):
        store.create(messages[start : start + 400])

    found = [message.client_tag for message in store.find(state=State.QUEUED, group="g")]

    assert sorted(found) == sorted(one.client_tag for one in messages)
