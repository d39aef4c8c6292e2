"""Bookings on the timeline in Redis."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from tests.integration.limiter.timeline import Timeline

from zettai_simulator.arrivals import worst_window
from zettai_worker.limiter.microseconds import MILLISECOND, SECOND
from zettai_worker.limiter.spacing import BATCH_HORIZON, HORIZON, URGENT_HORIZON, Spacing


def test_idle_timeline_gives_a_slot_at_once(timeline: Timeline) -> None:
    booked = timeline.book()
    assert list(booked.slots) == [booked.server_time]


def test_slots_of_consecutive_bookings_have_even_spacing(timeline: Timeline) -> None:
    one, two = timeline.book(5), timeline.book(5)
    while two.server_time > one.slots[-1] + one.step:  # the slots of the first booking were over: the machine is busy
        one, two = two, timeline.book(5)
    assert [*one.slots, *two.slots] == [one.first + number * timeline.spacing.step for number in range(10)]


def test_unused_time_is_not_saved_up(timeline: Timeline) -> None:
    """Many calls after a pause in traffic are spaced from the first one."""
    timeline.book(5)
    timeline.pass_time(3_600 * SECOND)
    booked = timeline.book(5)
    assert list(booked.slots) == [booked.server_time + number * timeline.spacing.step for number in range(5)]


def test_booking_ends_at_the_batch_horizon(timeline: Timeline) -> None:
    """Later slots stay free for urgent calls."""
    booked = timeline.book(1_000)
    assert booked.slots[-1] <= booked.server_time + BATCH_HORIZON < booked.slots[-1] + booked.step


def test_nothing_is_booked_beyond_the_horizon(timeline: Timeline) -> None:
    """The answer has the first free slot. Urgent calls still get one."""
    while (booked := timeline.book(100)).count:
        assert booked.first <= booked.server_time + HORIZON
    assert booked.first > booked.server_time + HORIZON
    assert timeline.book(horizon=URGENT_HORIZON).count == 1


def test_slow_limit_gives_one_slot_a_step(timeline: Timeline) -> None:
    """Of five calls a minute, one goes at once and the next after 12 s."""
    slow = Spacing(step=12_001_000, reach=105_000)
    first = timeline.book(3, spacing=slow)
    refused = timeline.book(3, spacing=slow)
    timeline.pass_time(slow.step - HORIZON)
    second = timeline.book(3, spacing=slow)
    assert (first.count, refused.count, second.count) == (1, 0, 1)
    assert refused.first == first.first + slow.step


@pytest.mark.parametrize("lost", ["flush", "restart", "damage", "clock set back"])
def test_no_slot_is_booked_until_unknown_slots_have_passed(timeline: Timeline, lost: str) -> None:
    before = timeline.book(5)
    if lost == "flush":
        timeline.forget()
    elif lost == "restart":
        timeline.set(run="another")
    elif lost == "damage":
        timeline.set(next="soon")
    else:
        timeline.pass_time(-3_600 * SECOND)
    booked = timeline.book()
    assert booked.count == 0
    assert booked.first == booked.server_time + SECOND + timeline.spacing.reach
    assert booked.first >= before.slots[-1] + SECOND
    timeline.pass_time(booked.first - booked.server_time)
    assert timeline.book().count == 1


def test_clock_set_back_by_less_than_a_second_moves_no_slot(timeline: Timeline) -> None:
    before = timeline.book(5)
    timeline.pass_time(-SECOND // 2)
    booked = timeline.book()
    assert booked.count == 0
    assert booked.first == before.slots[-1] + before.step + SECOND // 2


def test_stored_time_keeps_its_microseconds(timeline: Timeline) -> None:
    """Microseconds since 1970 have 16 digits; Lua prints 14."""
    booked = timeline.book(3)
    assert timeline.read("next") == str(booked.first + 3 * booked.step)


def test_state_counts_the_bookings_of_the_last_second(timeline: Timeline) -> None:
    for _ in range(7):
        timeline.book(3)
    assert timeline.read_state().booked in {20, 21}
    timeline.set(second=1)
    assert timeline.read_state().booked == 0


def test_hash_never_expires(timeline: Timeline, redis: Redis) -> None:
    """A missing hash means that the booked slots are unknown."""
    timeline.book()
    timeline.slow_down(SECOND)
    assert [redis.ttl(key) for key in redis.scan_iter()] == [-1]


actions = st.one_of(
    st.tuples(st.just("book"), st.integers(1, 120), st.sampled_from([0, HORIZON, URGENT_HORIZON])),
    st.tuples(st.just("pass"), st.integers(0, 300 * MILLISECOND), st.just(0)),
    st.tuples(st.just("pass"), st.integers(0, 5 * SECOND), st.just(0)),
    st.tuples(st.sampled_from(["slow_down", "flush", "restart", "override"]), st.just(0), st.just(0)),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amount=st.sampled_from([1, 7, 50, 600]), steps=st.lists(actions, min_size=1, max_size=60))
def test_no_second_has_more_slots_than_the_limit_after_any_actions(
    timeline: Timeline, amount: int, steps: list[tuple[Any, ...]]
) -> None:
    """Each slot is later than the one before and than its booking, and no second has too many."""
    timeline.set(next=1, run="another")
    timeline.forget("override", "share", "refused", "cut_at")
    spacing, passed = Spacing(step=-(-(SECOND + 5_000) // amount), reach=105_000), 0
    slots: list[int] = []
    for action, number, horizon in steps:
        if action == "book":
            booked = timeline.book(number, spacing=spacing, horizon=horizon)
            assert all(slot >= booked.server_time for slot in booked.slots)
            slots += [slot + passed for slot in booked.slots]
        elif action == "pass":
            timeline.pass_time(number)
            passed += number
        else:
            disturb(timeline, action, spacing)
    assert all(later - earlier >= spacing.step for earlier, later in pairwise(slots))
    assert worst_window(slots) <= amount


def disturb(timeline: Timeline, action: str, spacing: Spacing) -> None:
    """Apply an action that is neither a booking nor time."""
    if action == "slow_down":
        timeline.slow_down()
    elif action == "flush":
        timeline.forget()
    elif action == "restart":
        timeline.set(run="another")
    else:
        timeline.set(override=2 * spacing.step)
