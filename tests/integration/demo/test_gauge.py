"""Rates and waits: the worst second is found wherever it lies, and however the arrivals become known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai_demo.measurements import SECOND, Arrivals, spread, worst_second

INSTANTS = st.lists(st.integers(min_value=0, max_value=5 * SECOND), max_size=60).map(sorted)


@pytest.mark.parametrize(
    ("instants", "worst"),
    [
        ([], 0),
        ([7], 1),
        ([0, SECOND - 1], 2),
        ([0, SECOND], 1),
        ([0, 600_000, 1_200_000, 1_500_000], 3),
        ([0, 0, 5 * SECOND], 2),
    ],
)
def test_worst_second(instants: list[int], worst: int) -> None:
    """A second is half open: what arrives exactly a second later belongs to another."""
    assert worst_second(instants) == worst


@given(INSTANTS)
def test_worst_second_is_that_of_every_window(instants: list[int]) -> None:
    """It agrees with looking at the window that begins with each arrival."""
    assert worst_second(instants) == max((sum(a <= b < a + SECOND for b in instants) for a in instants), default=0)


@given(INSTANTS, st.integers(min_value=0, max_value=5))
def test_arrivals_that_become_known_bit_by_bit(instants: list[int], seconds: int) -> None:
    """Looking twice, with an overlap, finds what one look finds."""
    arrivals = Arrivals()
    arrivals.renew(0, [one for one in instants if one < seconds * SECOND])
    since = arrivals.look_from
    arrivals.renew(since, [one for one in instants if one >= since])
    assert arrivals.instants == instants
    assert arrivals.worst == worst_second(instants)


def test_each_second() -> None:
    """Arrivals are counted by full seconds up to an instant, oldest first."""
    arrivals = Arrivals()
    arrivals.renew(0, [0, SECOND, SECOND + 1, 2 * SECOND])
    assert arrivals.each_second(until=2.0, seconds=2) == [1, 2]


def test_spread() -> None:
    """Percentiles are values that occurred."""
    found = spread([n / 100 for n in range(100, 0, -1)])
    assert found is not None
    assert (found.count, found.p50, found.p99) == (100, 0.5, 0.99)
    assert spread([]) is None
