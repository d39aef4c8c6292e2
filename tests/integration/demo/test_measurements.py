"""Rates and durations."""

from hypothesis import given
from hypothesis import strategies as st

from zettai_demo.measurements import Arrivals, milliseconds, percentiles
from zettai_simulator.arrivals import worst_window
from zettai_simulator.clock import SECOND

INSTANTS = st.lists(st.integers(min_value=0, max_value=5 * SECOND), max_size=60).map(sorted)


@given(INSTANTS, st.integers(min_value=0, max_value=5))
def test_arrivals_in_two_parts_give_the_same_worst_second(instants: list[int], seconds: int) -> None:
    arrivals = Arrivals()
    arrivals.update(0, [one for one in instants if one < seconds * SECOND])
    since = arrivals.fetch_from
    arrivals.update(since, [one for one in instants if one >= since])
    assert arrivals.instants == instants
    assert arrivals.worst == worst_window(instants)


def test_between_counts_a_half_open_interval() -> None:
    arrivals = Arrivals()
    arrivals.update(0, [0, SECOND, SECOND + 1, 2 * SECOND])
    assert (arrivals.between(0, 1), arrivals.between(1, 2)) == (1, 2)


def test_percentiles_are_values_that_occurred() -> None:
    found = percentiles([n / 100 for n in range(100, 0, -1)])
    assert found is not None
    assert (found.count, found.p50, found.p99) == (100, 0.5, 0.99)
    assert percentiles([]) is None


def test_milliseconds_become_seconds_from_one_second_on() -> None:
    assert (milliseconds(0.031), milliseconds(1.25)) == ("31 ms", "1.2 s")
