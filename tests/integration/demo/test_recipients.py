"""The made-up numbers are valid, and the simulator delivers to them as intended."""

import pytest

from zettai.core.phone_numbers import PHONE_NUMBER
from zettai_demo.recipients import Recipients
from zettai_simulator.carriers import Pace, Status, fate_of

PACE = Pace(delivery=2, kddi_failure=6)


@pytest.fixture
def recipients() -> Recipients:
    return Recipients(7)


def test_any_number_is_valid_and_gets_a_result(recipients: Recipients) -> None:
    numbers = [recipients.any_number() for _ in range(1000)]
    fates = [fate_of(number, None, PACE) for number in numbers]
    assert all(PHONE_NUMBER.fullmatch(number) for number in numbers)
    assert {fate.status for fate in fates} == {Status.DELIVERED, Status.FAILED}


def test_reachable_numbers_are_delivered(recipients: Recipients) -> None:
    assert {fate_of(recipients.reachable(), None, PACE).status for _ in range(300)} == {Status.DELIVERED}


def test_unreachable_numbers_at_kddi_fail_late(recipients: Recipients) -> None:
    fates = [fate_of(recipients.unreachable_at_kddi(), None, PACE) for _ in range(100)]
    assert {(fate.status, fate.delay) for fate in fates} == {(Status.FAILED, PACE.kddi_failure)}


def test_same_seed_gives_same_numbers() -> None:
    assert [Recipients(3).any_number() for _ in range(5)] == [Recipients(3).any_number() for _ in range(5)]
