"""The audience: its numbers are valid, and end as the simulator's table of ends says."""

import pytest

from zettai.core.validation import PHONE_NUMBER
from zettai_demo.recipients import Audience
from zettai_simulator.carriers import Pace, Status, fate_of

PACE = Pace(delivery=2, kddi_failure=6)


@pytest.fixture
def audience() -> Audience:
    """Drawn with a seed of the test's own."""
    return Audience(7)


def test_anybody(audience: Audience) -> None:
    """Every number of a campaign is valid, and its message comes to an end."""
    numbers = [audience.anybody() for _ in range(1000)]
    fates = [fate_of(number, None, PACE) for number in numbers]
    assert all(PHONE_NUMBER.fullmatch(number) for number in numbers)
    assert {fate.status for fate in fates} == {Status.DELIVERED, Status.FAILED}


def test_reachable(audience: Audience) -> None:
    """Reachable numbers are reached."""
    assert {fate_of(audience.reachable(), None, PACE).status for _ in range(300)} == {Status.DELIVERED}


def test_unreachable_at_kddi(audience: Audience) -> None:
    """Their failures come late."""
    fates = [fate_of(audience.unreachable_at_kddi(), None, PACE) for _ in range(100)]
    assert {(fate.status, fate.delay) for fate in fates} == {(Status.FAILED, PACE.kddi_failure)}


def test_seed() -> None:
    """The same seed draws the same people."""
    assert [Audience(3).anybody() for _ in range(5)] == [Audience(3).anybody() for _ in range(5)]
