"""The server's instants on the local clock: never early, and a server whose clock is set is noticed."""

from hypothesis import given
from hypothesis import strategies as st

from zettai_worker.limiter.clock import DRIFT, MEMORY, ServerClock
from zettai_worker.limiter.microseconds import SECOND

OFFSET = -1_700_000_000_000_000
"""Local time minus server time."""

delays = st.integers(0, 250_000)


@given(trips=st.lists(st.tuples(delays, delays, st.integers(0, 2 * SECOND)), min_size=1, max_size=30))
def test_translates_late_by_the_quickest_way_back_and_never_early(trips: list[tuple[int, int, int]]) -> None:
    """Whatever the delays, the error is the shortest way back among the answers that still count."""
    clock, now, backs = ServerClock(), 0, []
    for there, back, idle in trips:
        sent = now + idle
        now = sent + there + back
        assert not clock.observe(sent, sent + there - OFFSET, now)
        backs.append((now // SECOND, back))
    recent = [back for second, back in backs if second > now // SECOND - MEMORY]
    assert clock.to_local(now - OFFSET) - now == min(recent)


@given(there=delays, back=delays, step=st.integers(-(10**9), 10**9))
def test_notices_that_the_server_clock_was_set(there: int, back: int, step: int) -> None:
    """A step is noticed if no delay can explain it; one that a delay can explain does no harm."""
    clock = ServerClock()
    clock.observe(0, 100 - OFFSET, 200)
    sent = SECOND
    stepped = clock.observe(sent, sent + there + step - OFFSET, sent + there + back)
    if step > back + 100 + DRIFT or step < -(there + 100 + DRIFT):
        assert stepped
    if abs(step) < DRIFT:
        assert not stepped


def test_begins_anew_after_a_step() -> None:
    """What was known of the old clock does not count any more."""
    clock = ServerClock()
    clock.observe(0, 1_000, 10)
    assert clock.observe(SECOND, 90 * SECOND, SECOND + 50)
    assert clock.to_local(90 * SECOND) == SECOND + 50


def test_forgets_what_is_old() -> None:
    """Clocks drift: the quickest answer counts for some seconds only."""
    clock = ServerClock()
    clock.observe(0, 1_000, 10)
    late = (MEMORY + 1) * SECOND
    clock.observe(late, late + 1_000, late + 700)
    assert clock.to_local(late + 1_000) == late + 700
