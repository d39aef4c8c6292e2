"""The statistics of `zettai top` and of Prometheus, read from a real server."""

from datetime import timedelta

import pytest
from tests.support.store_helpers import (
    MINUTE,
    accepted,
    claim_one,
    new_message,
    suspend_sender,
    update_one,
    wait_a_millisecond,
)

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.suspension import PAUSED
from zettai.core.times import to_milliseconds
from zettai_worker.metrics.statistics import OPEN_STATES, read_statistics


def test_empty_store_has_every_lane_and_state(store: WorkerStore) -> None:
    statistics = read_statistics(store)

    assert dict(statistics.queued_tasks) == dict.fromkeys(Lane, 0)
    assert dict(statistics.states) == dict.fromkeys(State, 0)
    assert dict(statistics.oldest) == dict.fromkeys(OPEN_STATES)
    assert (statistics.due_to_send, statistics.due_to_check, statistics.check_lag) == (0, 0, timedelta())
    assert (statistics.held, statistics.provider_down) == (None, False)


def test_messages_are_counted_by_state_with_the_age_of_the_oldest(store: WorkerStore) -> None:
    """The age is the time since the message entered its state, by the clock of Redis."""
    first = new_message()
    store.create([first])
    wait_a_millisecond(store)
    store.create([new_message(), new_message()])
    accepted(store)

    statistics = read_statistics(store)

    [message] = store.get([first.client_tag])
    assert message is not None
    assert (statistics.states[State.QUEUED], statistics.states[State.ACCEPTED]) == (3, 1)
    age = statistics.oldest[State.QUEUED]
    assert age is not None
    # In Redis times have whole milliseconds.
    assert abs(statistics.at - message.since - age) < timedelta(milliseconds=1)
    assert statistics.oldest[State.HELD] is None


def test_due_messages_are_counted_with_the_longest_lag(store: WorkerStore) -> None:
    late, due, ahead = accepted(store), accepted(store), accepted(store)
    again = new_message()
    store.create([again])
    claim_one(store, again.client_tag)
    update_one(store, again.client_tag, State.QUEUED, due_in=MINUTE)
    now = to_milliseconds(store.now())
    store.redis.zadd(store.keys.due_to_check, {late: now - 90_000, due: now - 1, ahead: now + 60_000})

    statistics = read_statistics(store)

    assert (statistics.due_to_check, statistics.due_to_send) == (2, 0)
    assert statistics.check_lag > timedelta(seconds=89)
    store.redis.zadd(store.keys.due_to_send, {again.client_tag: now - 1})
    assert read_statistics(store).due_to_send == 1


def test_tasks_are_counted_by_lane(store: WorkerStore) -> None:
    store.redis.rpush(store.keys.queue(Lane.BULK), "a task", "another")

    assert read_statistics(store).queued_tasks == {Lane.URGENT: 0, Lane.NORMAL: 0, Lane.BULK: 2, Lane.STATUS: 0}


@pytest.mark.parametrize("outage", [False, True])
def test_suspension_has_its_reason(store: WorkerStore, *, outage: bool) -> None:
    """It lasts beyond its retry time, until a message is sent."""
    store.suspend("300 Exceed sending count.", retry_in=timedelta(milliseconds=1), circuit_open=outage)
    wait_a_millisecond(store)

    statistics = read_statistics(store)

    assert (statistics.held, statistics.provider_down) == ("300 Exceed sending count.", outage)
    assert statistics.held_senders == {}


def test_pause_does_not_count_as_a_suspension(store: WorkerStore) -> None:
    store.suspend(PAUSED, retry_in=timedelta(minutes=1))

    statistics = read_statistics(store)

    assert (statistics.held, statistics.paused, statistics.provider_down) == (None, True, False)


def test_suspended_sender_does_not_count_as_a_suspended_account(store: WorkerStore) -> None:
    suspend_sender(store, "77777")

    statistics = read_statistics(store)

    assert (statistics.held, statistics.provider_down) == (None, False)
    assert statistics.held_senders == {"77777": "Invalid smsCode"}


def test_number_of_commands_does_not_grow_with_messages(store: WorkerStore) -> None:
    def commands() -> int:
        return int(store.redis.info("stats")["total_commands_processed"])

    def cost() -> int:
        before = commands()
        read_statistics(store)
        return commands() - before

    few = cost()
    store.create([new_message() for _ in range(500)])

    assert cost() == few <= 50
