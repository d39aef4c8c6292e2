"""The lane and the waiter that get the next slot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai.core.lanes import Lane
from zettai_worker.limiter.errors import LimiterUnavailable
from zettai_worker.limiter.lanes import STATUS_EVERY, LaneChooser, choose_lane
from zettai_worker.limiter.waiter_queue import Waiter, WaiterQueue

URGENT, NORMAL, BULK, STATUS = Lane


@pytest.mark.parametrize(
    ("waiting", "since_status", "lane"),
    [
        ({URGENT}, 0, URGENT),
        ({BULK, NORMAL, URGENT}, 0, URGENT),
        ({BULK, NORMAL}, 0, NORMAL),
        ({STATUS, BULK}, 0, BULK),
        ({STATUS}, 0, STATUS),
        ({STATUS, URGENT}, 18, URGENT),
        ({STATUS, URGENT}, 19, STATUS),
        ({URGENT}, 10_000, URGENT),
    ],
)
def test_next_slot_goes_to_the_most_urgent_lane_and_each_20th_to_status(
    waiting: set[Lane], since_status: int, lane: Lane
) -> None:
    assert choose_lane(waiting, since_status) is lane


@given(st.lists(st.sets(st.sampled_from(Lane), min_size=1), max_size=200))
def test_status_lane_gets_its_share_and_the_others_go_by_order(rounds: list[set[Lane]]) -> None:
    """Status never waits for more than 19 slots, and takes none from others more often than that."""
    chooser, waited, taken = LaneChooser(), 0, STATUS_EVERY
    for waiting in rounds:
        lane = chooser.choose(waiting)
        waited = waited + 1 if STATUS in waiting and lane is not STATUS else 0
        assert lane in waiting
        assert waited < STATUS_EVERY
        if lane is STATUS and len(waiting) > 1:
            assert taken >= STATUS_EVERY - 1
        elif lane is not STATUS:
            assert lane is min(waiting - {STATUS}, key=list(Lane).index)
        taken = 0 if lane is STATUS else taken + 1


def test_waiters_of_a_lane_get_slots_in_order_of_arrival() -> None:
    """A waiter that missed its slot is the first of its lane."""
    queue, waiters = WaiterQueue(), [Waiter(BULK, 0) for _ in range(3)]
    for waiter in waiters:
        queue.add(waiter)
    assert queue.pop() is waiters[0]
    queue.add_first(waiters[0])
    assert [queue.pop() for _ in waiters] == waiters
    assert not queue


def test_failed_and_removed_waiters_are_not_in_the_queue() -> None:
    queue, kept, gone, sent = WaiterQueue(), Waiter(BULK, 0), Waiter(BULK, 0), Waiter(URGENT, 0)
    for waiter in (gone, kept, sent):
        queue.add(waiter)
    assert queue.has_urgent
    queue.remove(gone)
    queue.fail(lambda waiter: LimiterUnavailable("test") if waiter is sent else None)
    assert isinstance(sent.error, LimiterUnavailable)
    assert not queue.has_urgent
    assert len(queue) == 1
    assert queue.pop() is kept
