"""A limit such as `600/second` as a distance between slots. What Redis does with it is not decided here."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from limits import RateLimitItem, parse_many

from zettai_worker.limiter.units import SECOND, microseconds

SPREAD: Final = timedelta(milliseconds=5)

HORIZON = 80_000
"""How far ahead a slot may be booked, in microseconds: what a call can wait behind those that came before it."""

URGENT_HORIZON = 100_000
"""The same for urgent calls: however many hosts fill the timeline up to `HORIZON`, here is room for them."""

SPAN = 60_000
"""How far ahead a booking may reach with more than its first slot."""


def parse_limit(limit: str) -> RateLimitItem:
    """Read a limit in the grammar of `limits`.

    Raises:
        ValueError: it is none, or more than one, or zero.
    """
    items = parse_many(limit)
    if len(items) != 1 or items[0].amount < 1:
        raise ValueError(f"{limit!r} is not one limit such as '600/second'")
    return items[0]


@dataclass(frozen=True, slots=True)
class Pace:
    """How far apart slots must be for the limit to hold where the calls arrive."""

    step: int
    """Microseconds from one slot to the next."""
    reach: int
    """Microseconds from now to the last instant at which a call may arrive whose slot is booked already."""

    @classmethod
    def of(cls, item: RateLimitItem, spread: timedelta) -> Self:
        """Space the limit's slots.

        Args:
            item: the limit, in any window that is as long as its period.
            spread: how much the delay from a slot to the arrival of its call may differ (longest minus shortest, over
                all hosts). Two calls come closer together by that much, so the slots stand that much further apart.
        """
        window = item.get_expiry() * SECOND + microseconds(spread)
        return cls(step=-(-window // item.amount), reach=URGENT_HORIZON + microseconds(spread))
