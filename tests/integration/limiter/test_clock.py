"""The translation of server times into local times."""

from hypothesis import given
from hypothesis import strategies as st

from zettai_worker.limiter.clock import DRIFT, MEMORY, ServerClock
from zettai_worker.limiter.microseconds import SECOND

OFFSET = -1_700_000_000_000_000
"""Local time minus server time."""

delays = st.integers(0, 250_000)


@given(trips=st.lists(st.tuples(delays, delays, st.integers(0, 2 * SECOND)), min_size=1, max_size=30))
def test_translated_time_is_late_by_the_fastest_answer_and_never_early(trips: list[tuple[int, int, int]]) -> None:
    clock, now, backs = ServerClock(), 0, []
    for there, back, idle in trips:
        sent = now + idle
        now = sent + there + back
        assert not clock.observe(sent, sent + there - OFFSET, now)
        backs.append((now // SECOND, back))
    recent = [back for second, back in backs if second > now // SECOND - MEMORY]
    assert clock.to_local(now - OFFSET) - now == min(recent)


@given(there=delays, back=delays, step=st.integers(-(10**9), 10**9))
def test_set_server_clock_is_noticed_unless_a_delay_explains_it(there: int, back: int, step: int) -> None:
    clock = ServerClock()
    clock.observe(0, 100 - OFFSET, 200)
    sent = SECOND
    stepped = clock.observe(sent, sent + there + step - OFFSET, sent + there + back)
    if step > back + 100 + DRIFT or step < -(there + 100 + DRIFT):
        assert stepped
    if abs(step) < DRIFT:
        assert not stepped


def test_old_observations_do_not_count_after_the_server_clock_was_set() -> None:
    clock = ServerClock()
    clock.observe(0, 1_000, 10)
    assert clock.observe(SECOND, 90 * SECOND, SECOND + 50)
    assert clock.to_local(90 * SECOND) == SECOND + 50


def test_old_observations_do_not_count_after_some_seconds() -> None:
    """Clocks drift apart."""
    clock = ServerClock()
    clock.observe(0, 1_000, 10)
    late = (MEMORY + 1) * SECOND
    clock.observe(late, late + 1_000, late + 700)
    assert clock.to_local(late + 1_000) == late + 700
