"""The timeline in Redis: what a booking may give away, whatever came before it."""

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


def test_an_idle_timeline_gives_a_slot_at_once(timeline: Timeline) -> None:
    """A one-time password does not wait for anything."""
    booked = timeline.book()
    assert list(booked.slots) == [booked.server_time]


def test_slots_are_consecutive_and_leases_follow_each_other(timeline: Timeline) -> None:
    """Two bookings of five are ten steps of the timeline."""
    one, two = timeline.book(5), timeline.book(5)
    assert [*one.slots, *two.slots] == [one.first + number * timeline.spacing.step for number in range(10)]


def test_unused_time_is_not_saved_up(timeline: Timeline) -> None:
    """A crowd after a silence is paced from its first call."""
    timeline.book(5)
    timeline.pass_time(3_600 * SECOND)
    booked = timeline.book(5)
    assert list(booked.slots) == [booked.server_time + number * timeline.spacing.step for number in range(5)]


def test_a_lease_does_not_reach_beyond_its_span(timeline: Timeline) -> None:
    """Nobody books far in advance, so that urgent calls find room."""
    booked = timeline.book(1_000)
    assert booked.slots[-1] <= booked.server_time + BATCH_HORIZON < booked.slots[-1] + booked.step


def test_beyond_the_horizon_nothing_is_booked(timeline: Timeline) -> None:
    """The answer says from when on something is free; urgent calls still find room."""
    while (booked := timeline.book(100)).count:
        assert booked.first <= booked.server_time + HORIZON
    assert booked.first > booked.server_time + HORIZON
    assert timeline.book(horizon=URGENT_HORIZON).count == 1


def test_a_slow_limit_gives_one_slot_a_step(timeline: Timeline) -> None:
    """Five calls in a minute: one at once, the next after 12 s."""
    slow = Spacing(step=12_001_000, reach=105_000)
    first = timeline.book(3, spacing=slow)
    refused = timeline.book(3, spacing=slow)
    timeline.pass_time(slow.step - HORIZON)
    second = timeline.book(3, spacing=slow)
    assert (first.count, refused.count, second.count) == (1, 0, 1)
    assert refused.first == first.first + slow.step


@pytest.mark.parametrize("lost", ["flush", "restart", "damage", "clock set back"])
def test_lost_history_is_followed_by_silence(timeline: Timeline, lost: str) -> None:
    """Nobody knows what was given away, so nothing is booked until that has all been used."""
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


def test_a_clock_set_back_a_little_moves_no_slot(timeline: Timeline) -> None:
    """The timeline stays as it was, and waits for the clock."""
    before = timeline.book(5)
    timeline.pass_time(-SECOND // 2)
    booked = timeline.book()
    assert booked.count == 0
    assert booked.first == before.slots[-1] + before.step + SECOND // 2


def test_no_microsecond_is_lost_on_the_way(timeline: Timeline) -> None:
    """Microseconds since 1970 have 16 digits; Lua prints 14."""
    booked = timeline.book(3)
    assert timeline.read("next") == str(booked.first + 3 * booked.step)


def test_bookings_are_tallied(timeline: Timeline) -> None:
    """Those of the last second, or thereabouts."""
    for _ in range(7):
        timeline.book(3)
    assert timeline.read_state().booked in {20, 21}
    timeline.set(second=1)
    assert timeline.read_state().booked == 0


def test_the_state_has_no_lifetime(timeline: Timeline, redis: Redis) -> None:
    """Its absence means lost history, so it must not vanish by itself."""
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
def test_whatever_happens_no_second_holds_more_than_the_limit(
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
    """What happens to a timeline besides bookings."""
    if action == "slow_down":
        timeline.slow_down()
    elif action == "flush":
        timeline.forget()
    elif action == "restart":
        timeline.set(run="another")
    else:
        timeline.set(override=2 * spacing.step)
