"""Windows of campaigns: when a worker gets messages, by the clock of Redis in Japan time."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.campaigns import GROUP, HOUR, MONDAY, OFFICE, create, set_speed, take
from tests.support.redis_clock import RedisClock
from tests.support.store_helpers import DAY, MINUTE, SECOND, state_of

from zettai.core.campaign_control import SendWindow
from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.times import JST

pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (MONDAY, MONDAY),
        (MONDAY.replace(hour=8, minute=59), MONDAY.replace(hour=9)),
        (MONDAY.replace(hour=20), MONDAY.replace(hour=9) + DAY),
        (MONDAY.replace(hour=3), MONDAY.replace(hour=9)),
        (MONDAY + 4 * DAY + 10 * HOUR, MONDAY.replace(hour=9) + 7 * DAY),
        (MONDAY + 5 * DAY, MONDAY.replace(hour=9) + 7 * DAY),
    ],
)
def test_window_opens_in_japan_time(store: WorkerStore, clock: RedisClock, at: datetime, opens: datetime) -> None:
    clock.set(at)
    tags = create(store, expires_in=30 * DAY)
    set_speed(store, window=OFFICE)

    if at != opens:
        assert take(store) == []
        clock.set(opens - SECOND)
        assert take(store) == []
        clock.set(opens)
    assert take(store) == tags


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (MONDAY, MONDAY.replace(hour=21)),
        (MONDAY.replace(hour=23), MONDAY.replace(hour=23)),
        (MONDAY.replace(hour=1) + DAY, MONDAY.replace(hour=1) + DAY),
        (MONDAY.replace(hour=2) + DAY, MONDAY.replace(hour=21) + DAY),
        (MONDAY.replace(hour=1), MONDAY.replace(hour=21)),
        (MONDAY.replace(hour=1) + 5 * DAY, MONDAY.replace(hour=1) + 5 * DAY),
        (MONDAY.replace(hour=21) + 5 * DAY, MONDAY.replace(hour=21) + 7 * DAY),
    ],
)
def test_window_across_midnight_belongs_to_the_day_on_which_it_opens(
    store: WorkerStore, clock: RedisClock, at: datetime, opens: datetime
) -> None:
    clock.set(at)
    tags = create(store, expires_in=30 * DAY)
    set_speed(store, window=SendWindow.parse("21:00-02:00", "mon-fri", holidays=True, today=at.date()))

    assert take(store) == (tags if at == opens else [])
    clock.set(opens)
    assert (at == opens) or take(store) == tags


def test_messages_that_were_taken_before_the_window_closed_are_claimed_when_it_opens(
    store: WorkerStore, clock: RedisClock
) -> None:
    tags = create(store, expires_in=2 * DAY)
    set_speed(store, window=OFFICE)
    taken = take(store)
    clock.set(MONDAY.replace(hour=20))

    assert store.claim(taken, "claim", claim_timeout=MINUTE, held_for=MINUTE) == []
    clock.set((MONDAY + DAY).replace(hour=9))
    assert sorted(take(store)) == sorted(tags)


def test_outage_that_ends_at_night_does_not_open_the_window(store: WorkerStore, clock: RedisClock) -> None:
    tags = create(store, 3, expires_in=2 * DAY)
    set_speed(store, window=OFFICE)
    store.suspend("provider down", retry_in=MINUTE, circuit_open=True)
    store.claim(take(store), "claim", claim_timeout=MINUTE, held_for=MINUTE)
    assert [state_of(store, tag) for tag in tags] == [State.HELD] * 3

    clock.set((MONDAY + DAY).replace(hour=3))
    store.resume()
    store.process_due(store.find_resumable(), held_for=MINUTE, give_up_after=DAY)

    assert take(store) == []
    clock.set((MONDAY + DAY).replace(hour=9))
    assert sorted(take(store)) == sorted(tags)


def test_window_is_closed_on_holidays(store: WorkerStore, clock: RedisClock) -> None:
    tags = create(store, expires_in=30 * DAY)
    set_speed(store, window=SendWindow(holidays=frozenset({MONDAY.date(), (MONDAY + DAY).date()})))

    assert take(store) == []
    clock.set((MONDAY + 2 * DAY).replace(hour=0))
    assert take(store) == tags


def test_message_with_a_send_time_outside_of_the_window_is_not_reserved(store: WorkerStore, clock: RedisClock) -> None:
    """The provider would send it at that time."""
    at_night = MONDAY.replace(hour=22)
    [tag] = create(store, 1, send_at=at_night, expires_in=DAY)
    [reserved] = create(store, 1, send_at=MONDAY + 2 * HOUR)
    set_speed(store, window=OFFICE)

    taken = take(store)
    [claim] = store.claim(taken, "claim", claim_timeout=MINUTE, held_for=MINUTE)
    assert claim.message.client_tag == reserved
    clock.set(at_night)
    assert tag in store.claim_due_to_send(claim_timeout=MINUTE)
    store.process_due([tag], held_for=MINUTE, give_up_after=DAY)
    assert take(store) == []
    clock.set((MONDAY + DAY).replace(hour=9))
    assert take(store) == [tag]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - Japan time is added
    opens=st.integers(0, 1439),
    length=st.integers(1, 1440),
    days=st.lists(st.booleans(), min_size=7, max_size=7).filter(any),
    holidays=st.lists(st.integers(0, 4), max_size=4),
)
def test_lua_and_python_agree_about_windows(  # noqa: PLR0917 - Hypothesis names them
    store: WorkerStore,
    clock: RedisClock,
    moment: datetime,
    opens: int,
    length: int,
    days: list[bool],
    holidays: list[int],
) -> None:
    at = moment.replace(microsecond=0, tzinfo=JST)
    closed = frozenset((at + number * DAY).date() for number in holidays)
    window = SendWindow(opens, opens + length, tuple(days), closed)
    store.redis.flushdb()
    clock.set(at)
    create(store, 1, expires_in=30 * DAY)
    set_speed(store, window=window)

    taken = take(store)

    opening = window.opening(at)
    assert not taken or window.opening(window.closing(at) - SECOND) < window.closing(at)
    next_turn = store.redis.zscore(store.keys.turns(Lane.BULK), GROUP)
    assert bool(taken) is (opening == at)
    assert taken or next_turn == opening.timestamp() * 1_000_000
