"""A limit becomes a distance between slots, with room for the spread."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerSecond

from zettai_worker.limiter.microseconds import SECOND, to_microseconds
from zettai_worker.limiter.spacing import Spacing, parse_limit


@pytest.mark.parametrize(
    ("limit", "spread_ms", "step"),
    [
        ("600/second", 0, 1_667),
        ("600/second", 5, 1_675),
        ("600/second", 10, 1_684),
        ("1/second", 5, 1_005_000),
        ("5/minute", 5, 12_001_000),
        ("100000/second", 5, 11),
        ("100 per 2 seconds", 0, 20_000),
    ],
)
def test_step(limit: str, spread_ms: int, step: int) -> None:
    """The limit's window and the spread, divided by the amount and rounded up."""
    assert Spacing.of(parse_limit(limit), timedelta(milliseconds=spread_ms)).step == step


@given(amount=st.integers(1, 1_000_000), spread=st.integers(0, 50_000))
def test_no_window_holds_more_than_the_limit(amount: int, spread: int) -> None:
    """The slot that comes `amount` after another is a window and the spread away from it."""
    duration = timedelta(microseconds=spread)
    assert Spacing.of(RateLimitItemPerSecond(amount), duration).step * amount >= SECOND + to_microseconds(duration)


@pytest.mark.parametrize("limit", ["", "fast", "600", "0/second", "600/second;5/minute", "600/fortnight"])
def test_what_is_not_one_limit_is_refused(limit: str) -> None:
    """A limit that is misread would be no limit."""
    with pytest.raises(ValueError, match=r"limit|granularity"):
        parse_limit(limit)
