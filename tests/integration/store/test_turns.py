"""Turns: the messages of a lane are taken in turns by group, and none of them is lost on the way."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import pytest
from tests.support.store_helpers import MINUTE, ZERO, claim_one, new_message, update_one

from zettai.core.lanes import SENDING_LANES, TURN_LANES, Lane
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.turns import FEWEST_TASKS, PATIENCE
from zettai.core.tasks import CHUNK

LARGE, SMALL = "large", "small"


def _create(store: WorkerStore, group: str | None, count: int, lane: Lane = Lane.BULK) -> list[str]:
    """Record messages, and return their tags."""
    messages = [
        new_message(group=group, lane=lane, client_tag=f"{group or 'single'}-{lane}-{number:03}")
        for number in range(count)
    ]
    store.create(messages)
    return [one.client_tag for one in messages]


def _take(store: WorkerStore, most: int, take_id: str = "take", process: str = "process") -> list[str]:
    return store.take_turns(Lane.BULK, process, take_id, most)


def _take_and_claim(store: WorkerStore, most: int) -> list[str]:
    """Take the next messages, and claim them as a worker does."""
    take_id = str(store.redis.incr("number of takes"))
    tags = _take(store, most, take_id)
    store.claim(tags, take_id, claim_timeout=MINUTE, held_for=MINUTE)
    return tags


def _groups(tags: Iterable[str]) -> Counter[str]:
    return Counter(tag.partition("-")[0] for tag in tags)


def test_small_group_behind_a_large_one_gets_every_second_turn(store: WorkerStore) -> None:
    _create(store, LARGE, 300)
    _create(store, SMALL, 24)

    assert _groups(_take_and_claim(store, 24)) == {LARGE: 12, SMALL: 12}
    assert _groups(_take_and_claim(store, 24)) == {LARGE: 12, SMALL: 12}
    assert _groups(_take_and_claim(store, 24)) == {LARGE: 24}


def test_all_groups_have_a_turn_when_there_are_more_than_a_worker_takes_at_once(store: WorkerStore) -> None:
    for number in range(10):
        _create(store, f"group{number}", 20)

    taken = [tag for _ in range(5) for tag in _take_and_claim(store, 4)]

    assert set(_groups(taken).values()) == {2}


def test_messages_without_a_group_count_as_one_group(store: WorkerStore) -> None:
    _create(store, None, 50)
    _create(store, LARGE, 50)

    assert _groups(_take_and_claim(store, 10)) == {"single": 5, LARGE: 5}


def test_messages_of_a_group_keep_their_order(store: WorkerStore) -> None:
    tags = _create(store, LARGE, 30)

    assert [tag for _ in range(3) for tag in _take_and_claim(store, 10)] == tags
    assert _take_and_claim(store, 10) == []


def test_lanes_do_not_mix(store: WorkerStore) -> None:
    of_lane = {lane: _create(store, LARGE, 2, lane) for lane in SENDING_LANES}

    for lane in TURN_LANES:
        assert store.take_turns(lane, "process", "take", 10) == of_lane[lane]
    assert store.redis.exists(store.keys.group_queue(Lane.URGENT, LARGE)) == 0


def test_canceled_messages_have_no_turn(store: WorkerStore) -> None:
    tags = _create(store, LARGE, 30)
    store.cancel(tags[:25])

    assert _take_and_claim(store, 10) == tags[25:]


def test_repeated_take_returns_the_same_messages(store: WorkerStore) -> None:
    """The answer of the first one may be lost."""
    _create(store, LARGE, 30)

    first = _take(store, 10, "one")

    assert _take(store, 10, "one") == first
    assert not set(_take(store, 10, "two")) & set(first)


def test_message_that_waits_again_comes_after_those_that_wait_already(store: WorkerStore) -> None:
    first, second, third = _create(store, LARGE, 3)
    assert _take(store, 1) == [first]
    claim_one(store, first)
    update_one(store, first, State.QUEUED)

    assert _take(store, 10, "next") == [second, third, first]


def test_messages_of_a_lost_worker_are_put_back_while_others_work(store: WorkerStore) -> None:
    tags = _create(store, LARGE, 30)
    lost = _take(store, 10, process="killed")
    _take_and_claim(store, 10)

    assert store.put_back_unclaimed(Lane.BULK, grace=MINUTE) == 0
    assert [store.put_back_unclaimed(Lane.BULK, grace=ZERO) for _ in range(2)] == [10, 0]
    assert _take_and_claim(store, 30) == [*lost, *tags[20:]]


def test_lost_messages_of_a_group_without_others_have_a_turn_again(store: WorkerStore) -> None:
    lost = _take(store, 10) if _create(store, LARGE, 3) else []

    assert _take(store, 10, "next") == []
    store.put_back_unclaimed(Lane.BULK, grace=ZERO)
    assert _take(store, 10, "after") == lost


def test_messages_whose_claim_failed_are_put_back_after_the_next_take(store: WorkerStore) -> None:
    _create(store, LARGE, 30)
    unclaimed = _take(store, 10, "one")
    tags = _take(store, 10, "two")
    store.claim(tags, "claim", claim_timeout=MINUTE, held_for=MINUTE)

    assert store.put_back_unclaimed(Lane.BULK, grace=ZERO) == 10
    assert _take(store, 10, "three") == unclaimed


def test_waiting_message_in_no_queue_is_found_when_no_group_has_a_turn(store: WorkerStore) -> None:
    """An older version recorded it, and its task is lost."""
    [tag] = _create(store, LARGE, 1)
    store.redis.delete(store.keys.group_queue(Lane.BULK, LARGE), store.keys.turns(Lane.BULK))

    assert store.find_lost_tasks(Lane.BULK, grace=ZERO) == [tag]
    store.process_due([tag], held_for=MINUTE, give_up_after=MINUTE)
    assert _take(store, 1) == [tag]


@pytest.mark.parametrize(("tasks", "found"), [(0, FEWEST_TASKS), (30, FEWEST_TASKS - 30), (FEWEST_TASKS, 0)])
def test_turns_without_enough_tasks_are_found(store: WorkerStore, tasks: int, found: int) -> None:
    tags = _create(store, LARGE, (FEWEST_TASKS + 1) * CHUNK)
    _set_age(store, tags, 2 * PATIENCE)
    for _ in range(tasks):
        store.redis.lpush(store.keys.queue(Lane.BULK), "a task")

    assert store.find_turns(Lane.BULK) == tags[: found * CHUNK]


def test_message_that_was_just_published_needs_no_further_task(store: WorkerStore) -> None:
    old, new = _create(store, LARGE, 1), _create(store, SMALL, 1)
    _set_age(store, old, 2 * PATIENCE)

    assert store.find_turns(Lane.BULK) == old
    _set_age(store, new, 2 * PATIENCE)
    assert sorted(store.find_turns(Lane.BULK)) == sorted(old + new)


def _set_age(store: WorkerStore, tags: Iterable[str], age: timedelta) -> None:
    """Make messages wait since some time."""
    at = (store.now() - age).timestamp() * 1000
    store.redis.zadd(store.keys.waiting(Lane.BULK), dict.fromkeys(tags, at))
