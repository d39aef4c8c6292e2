"""Carriers: the result of a message depends on its number, its status on the time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai_simulator.carriers import Pace, Status, carrier_of, fate_of

PACE = Pace(delivery=100, kddi_failure=10_000)


@pytest.mark.parametrize(
    ("number", "carrier"),
    [
        ("+819012345678", "103"),
        ("+817042345678", "103"),
        ("+819052345678", "101"),
        ("+818072345678", "101"),
        ("+819082345678", "105"),
        ("+812092345678901", "106"),
    ],
)
def test_carrier_is_derived_from_the_number(number: str, carrier: str) -> None:
    assert carrier_of(number).id == carrier


def test_named_carrier_has_precedence() -> None:
    assert carrier_of("+819012345678", "106").id == "106"


@pytest.mark.parametrize(
    ("suffix", "status", "detailed_id"),
    [
        ("732", Status.FAILED, "31732"),
        ("823", Status.FAILED, "31823"),
        ("834", Status.FAILED, "31834"),
        ("997", Status.FAILED, "71999"),
        ("998", Status.SENDING, ""),
        ("999", Status.UNKNOWN, ""),
        ("000", Status.DELIVERED, "31000"),
    ],
)
def test_last_digits_decide_the_final_status(suffix: str, status: Status, detailed_id: str) -> None:
    fate = fate_of(f"+819012345{suffix}", None, PACE)

    assert (fate.status, fate.detailed_id) == (status, detailed_id)


@pytest.mark.parametrize(
    ("carrier", "suffix", "delay"),
    [("101", "732", 10_000), ("101", "000", 100), ("103", "732", 100), ("101", "998", 100)],
)
def test_only_failures_at_kddi_are_late(carrier: str, suffix: str, delay: int) -> None:
    assert fate_of(f"+819012345{suffix}", carrier, PACE).delay == delay


@given(st.integers(0, 9_999_999), st.sampled_from(["101", "103", "105", "106"]), st.lists(st.integers(0, 20_000)))
def test_status_never_goes_back(number: int, carrier: str, times: list[int]) -> None:
    fate = fate_of(f"+81901{number:07}", carrier, PACE)

    statuses = [fate.status_after(elapsed) for elapsed in sorted(times)]

    assert statuses == sorted(statuses)
    assert fate.status_after(10_000) is fate.status
