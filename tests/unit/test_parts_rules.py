"""The comparison of billed parts: our range, and which month counts."""

from datetime import datetime

import pytest

from zettai.core.carriers import Carrier
from zettai.core.months import Month
from zettai.core.store.billed_parts import CountedParts
from zettai.core.times import JST
from zettai_worker.reconciliation.parts_rules import PartsOfMonth, compare_parts, latest_settled

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = (Month(2026, number) for number in (9, 10, 11, 12))

NOW = datetime(2026, 12, 5, tzinfo=JST)

EARLIER = CountedParts(SEPTEMBER, SEPTEMBER, "au", 1)
"""Without counts of an earlier month, the month would be the first one."""


def _compare(*counts: CountedParts, provider: int = 0, now: datetime = NOW, month: Month = NOVEMBER) -> PartsOfMonth:
    return compare_parts(month, [EARLIER, *counts], {Carrier.DOCOMO: provider}, now)


def _range(*counts: CountedParts) -> tuple[int, int]:
    docomo = next(one for one in _compare(*counts).carriers if one.carrier is Carrier.DOCOMO)
    return docomo.least, docomo.most


@pytest.mark.parametrize(
    ("counted", "sent", "expected"),
    [
        (NOVEMBER, NOVEMBER, (5, 5)),
        (NOVEMBER, OCTOBER, (0, 5)),  # sent on October 31
        (DECEMBER, NOVEMBER, (0, 5)),  # delivered on December 1
        (OCTOBER, OCTOBER, (0, 0)),
        (DECEMBER, DECEMBER, (0, 0)),
    ],
)
def test_parts_at_the_end_of_a_month_may_belong_to_both(counted: Month, sent: Month, expected: tuple[int, int]) -> None:
    assert _range(CountedParts(counted, sent, "docomo", 5)) == expected


def test_parts_without_a_carrier_may_belong_to_each() -> None:
    compared = _compare(CountedParts(NOVEMBER, NOVEMBER, "unknown", 3))

    assert {(one.least, one.most) for one in compared.carriers} == {(0, 3)}


def test_parts_that_were_taken_back_widen_the_range_downwards() -> None:
    """A status of November was corrected in December."""
    counts = [CountedParts(NOVEMBER, NOVEMBER, "docomo", 5), CountedParts(DECEMBER, NOVEMBER, "docomo", -2)]

    assert _range(*counts) == (3, 5)


@pytest.mark.parametrize(("provider", "difference"), [(3, -2), (5, 0), (7, 0), (8, 1)])
def test_difference_is_the_distance_from_the_range(provider: int, difference: int) -> None:
    counts = [CountedParts(NOVEMBER, NOVEMBER, "docomo", 5), CountedParts(NOVEMBER, OCTOBER, "docomo", 2)]

    compared = _compare(*counts, provider=provider)

    assert {one.carrier: one.difference for one in compared.carriers if one.difference} == (
        {Carrier.DOCOMO: difference} if difference else {}
    )
    assert compared.differs is bool(difference)


@pytest.mark.parametrize(
    ("now", "month"),
    [
        (datetime(2026, 12, 4, 23, 59, tzinfo=JST), OCTOBER),
        (datetime(2026, 12, 5, tzinfo=JST), NOVEMBER),
        (datetime(2027, 1, 4, tzinfo=JST), NOVEMBER),
        (datetime(2027, 1, 5, tzinfo=JST), DECEMBER),
    ],
)
def test_latest_settled_month_ended_four_days_ago(now: datetime, month: Month) -> None:
    assert latest_settled(now) == month


@pytest.mark.parametrize(
    ("month", "reason"),
    [
        (DECEMBER, "the month is not over"),
        (NOVEMBER, None),
        (OCTOBER, "only the numbers of 2026-11 count"),
        (SEPTEMBER, "a part of the month only"),
    ],
)
def test_only_the_latest_complete_month_counts(month: Month, reason: str | None) -> None:
    compared = _compare(month=month, provider=9)

    assert compared.differs is (reason is None)
    assert (reason or "None") in str(compared.inconclusive)


def test_installation_without_counts_is_inconclusive() -> None:
    assert compare_parts(NOVEMBER, [], {Carrier.DOCOMO: 9}, NOW).inconclusive is not None


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "26-11", "2026-11-01", "", "２０２６-11x"])
def test_other_texts_are_no_month(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        Month.parse(text)


def test_months_are_counted_over_the_years() -> None:
    assert (DECEMBER.plus(1), NOVEMBER.plus(-13), str(Month(2027, 1))) == (Month(2027, 1), Month(2025, 10), "2027-01")
