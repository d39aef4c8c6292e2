"""The distance between the slots of a limit."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerSecond

from zettai_worker.limiter.microseconds import SECOND, to_microseconds
from zettai_worker.limiter.slots import MAX_LATENESS, MAX_WRITE_LATENESS
from zettai_worker.limiter.spacing import SPREAD, Spacing, parse_limit


def test_late_calls_stay_within_the_spread() -> None:
    """A call may arrive this late with no other slot left unused for it. The rest is for clocks and the network."""
    assert to_microseconds(SPREAD) > MAX_WRITE_LATENESS > MAX_LATENESS


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
def test_step_is_window_and_spread_divided_by_the_amount(limit: str, spread_ms: int, step: int) -> None:
    assert Spacing.of(parse_limit(limit), timedelta(milliseconds=spread_ms)).step == step


@given(amount=st.integers(1, 1_000_000), spread=st.integers(0, 50_000))
def test_step_keeps_any_window_within_the_limit(amount: int, spread: int) -> None:
    duration = timedelta(microseconds=spread)
    assert Spacing.of(RateLimitItemPerSecond(amount), duration).step * amount >= SECOND + to_microseconds(duration)


@pytest.mark.parametrize("limit", ["", "fast", "600", "0/second", "600/second;5/minute", "600/fortnight"])
def test_text_that_is_not_one_limit_is_rejected(limit: str) -> None:
    with pytest.raises(ValueError, match=r"limit|granularity"):
        parse_limit(limit)
