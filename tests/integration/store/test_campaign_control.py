"""Pauses and paces: what a worker gets, and what it may claim."""

from datetime import timedelta

import pytest
from tests.support.campaigns import GROUP, HOUR, OFFICE, OTHER, create, pause, resume, set_speed, take
from tests.support.redis_clock import RedisClock
from tests.support.store_helpers import DAY, MINUTE, SECOND, claim_one, state_of, update_one

from zettai.core.errors import UrgentCampaign
from zettai.core.lanes import TURN_LANES, Lane
from zettai.core.states import State
from zettai.core.store import WorkerStore

pytestmark = pytest.mark.usefixtures("clock")

HALF_A_SECOND = timedelta(seconds=0.5)


@pytest.mark.parametrize("lane", TURN_LANES)
def test_paused_group_has_no_turn_until_it_is_resumed(store: WorkerStore, lane: Lane) -> None:
    tags, others = create(store, lane=lane), create(store, group=OTHER, lane=lane)
    pause(store)

    assert take(store, lane=lane) == others
    assert store.find_turns(lane) == []
    resume(store)
    assert take(store, lane=lane) == tags


def test_message_that_was_taken_before_the_pause_is_not_claimed_after_it(store: WorkerStore) -> None:
    tags = create(store)
    taken = take(store, 3)
    pause(store)

    assert store.claim(taken, "claim", claim_timeout=MINUTE, held_for=MINUTE) == []
    resume(store)
    assert sorted(take(store)) == sorted(tags)


def test_message_of_a_paused_group_is_not_tried_again(store: WorkerStore) -> None:
    [tag] = create(store, 1)
    take(store)
    claim_one(store, tag)
    update_one(store, tag, State.SUBMIT_UNKNOWN, due_in=SECOND)
    pause(store)

    assert store.process_due([tag], held_for=MINUTE, give_up_after=DAY) == {Lane.BULK: [tag]}
    assert claim_one(store, tag, "again") is None
    resume(store)
    assert take(store) == [tag]
    assert claim_one(store, tag, "after") is not None


def test_pause_does_not_end_what_was_claimed_before(store: WorkerStore) -> None:
    [tag] = create(store, 1)
    claim_one(store, tag)
    pause(store)

    assert update_one(store, tag, State.ACCEPTED) is State.ACCEPTED


def test_group_with_urgent_messages_is_not_controlled(store: WorkerStore) -> None:
    [tag] = create(store, 1, lane=Lane.URGENT)
    create(store)

    with pytest.raises(UrgentCampaign, match="'large' has messages in the urgent lane"):
        pause(store)

    assert take(store)
    assert claim_one(store, tag) is not None


def test_urgent_message_of_a_group_that_was_paused_before_is_claimed(store: WorkerStore) -> None:
    pause(store)
    [tag] = create(store, 1, lane=Lane.URGENT)

    assert claim_one(store, tag) is not None


def test_pace_is_kept_over_time(store: WorkerStore, clock: RedisClock) -> None:
    create(store, 100)
    set_speed(store, "5/second")

    taken = []
    for _ in range(9):
        taken.append(len(take(store)))
        clock.advance(HALF_A_SECOND)

    assert max(taken) == 3
    assert sum(taken) == 1 + 4 * 5


def test_pace_that_was_not_used_for_long_allows_the_messages_of_one_second_at_once(
    store: WorkerStore, clock: RedisClock
) -> None:
    create(store, 100)
    set_speed(store, "5/second")
    clock.advance(HOUR)

    assert len(take(store)) == 1 + 5


def test_slow_pace_gives_one_message_at_a_time(store: WorkerStore, clock: RedisClock) -> None:
    create(store, 10)
    set_speed(store, "5/minute")

    found = []
    for _ in range(60):
        found.append(len(take(store)))
        clock.advance(SECOND)

    assert max(found) == 1
    assert sum(found) == 5


def test_pace_counts_both_lanes_together(store: WorkerStore, clock: RedisClock) -> None:
    create(store, 10)
    create(store, 10, lane=Lane.NORMAL)
    set_speed(store, "5/second")
    clock.advance(SECOND)

    assert len(take(store)) + len(take(store, lane=Lane.NORMAL)) == 6


def test_canceled_messages_do_not_use_the_pace(store: WorkerStore, clock: RedisClock) -> None:
    tags = create(store, 20)
    set_speed(store, "5/second")
    clock.advance(SECOND)
    store.cancel(tags[:15])

    assert take(store, 10) == tags[15:]


@pytest.mark.parametrize("lane", TURN_LANES)
def test_message_that_expires_in_a_pause_ends(store: WorkerStore, clock: RedisClock, lane: Lane) -> None:
    expiring, others = create(store, 3, lane=lane), create(store, 3, lane=lane, expires_in=DAY)
    pause(store)
    take(store, lane=lane)
    clock.advance(2 * HOUR)

    assert store.waiting_groups(lane) == [GROUP]
    assert store.find_expired(lane, GROUP) == expiring
    store.process_due(expiring, held_for=MINUTE, give_up_after=DAY)
    assert store.find_expired(lane, GROUP) == []
    assert [state_of(store, tag) for tag in expiring] == [State.EXPIRED] * 3
    resume(store)
    assert take(store, lane=lane) == others


def test_finished_group_leaves_no_queue_behind_although_it_is_paused(store: WorkerStore) -> None:
    tags = create(store)
    pause(store)
    take(store)
    store.cancel(tags)

    assert store.find_expired(Lane.BULK, GROUP) == []
    assert not store.redis.exists(store.keys.group_queue(Lane.BULK, GROUP), store.keys.turns(Lane.BULK))


def test_control_is_deleted_with_the_last_message(store: WorkerStore) -> None:
    tags = create(store, 2)
    set_speed(store, "5/second", OFFICE)
    take(store)
    store.cancel(tags)

    assert store.purge(retention=-MINUTE) == 2

    keys = store.keys
    assert not store.redis.exists(keys.campaigns, keys.paces, keys.group_states, keys.group(GROUP))


def test_messages_are_counted_by_state(store: WorkerStore) -> None:
    tags = create(store, 5)
    create(store, 2, lane=Lane.NORMAL)
    store.cancel(tags[:2])
    claim_one(store, tags[2])

    [facts] = store.campaigns.read([GROUP])

    assert facts.is_counted
    assert {state: count for state, count in facts.states.items() if count} == {
        State.QUEUED: 4,
        State.SUBMITTING: 1,
        State.CANCELED: 2,
    }
    assert (facts.in_turn, store.campaigns.names()) == (4, [GROUP])
