"""Convert a limit such as `600/second` into a distance between slots."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from limits import RateLimitItem, parse_many

from zettai_worker.limiter.microseconds import SECOND, to_microseconds

SPREAD: Final = timedelta(milliseconds=5)
"""By how much the time from a slot to the arrival of its call may differ, if the settings do not say otherwise."""

HORIZON = 80_000
"""Microseconds that a slot may be booked ahead. Booked slots can delay a new call by this, and by `FAR_HORIZON`."""

URGENT_HORIZON = 100_000
"""The same for urgent calls. If other hosts have booked all slots up to `HORIZON`, an urgent call finds one here."""

BATCH_HORIZON = 60_000
"""Microseconds that the second and later slots of one booking may be ahead."""

FAR_HORIZON = 16_000
"""All horizons of a process are longer by its round trip to Redis, up to this. Without that, near processes take each
slot that becomes free before the booking of a far one arrives.
"""


def parse_limit(limit: str) -> RateLimitItem:
    """Parse a limit in the grammar of `limits`.

    Raises:
        ValueError: the text is not exactly one limit, or allows no call.
    """
    try:
        items = parse_many(limit)
    except ValueError:
        items = []  # its text does not say what is wrong
    if len(items) != 1 or items[0].amount < 1:
        raise ValueError(f"{limit!r} is not one limit such as '600/second'")
    return items[0]


@dataclass(frozen=True, slots=True)
class Spacing:
    """How far apart slots must be so that the provider, where the calls arrive, never sees more than the limit."""

    step: int
    """Microseconds from one slot to the next."""
    reach: int
    """Microseconds from now to the latest arrival of a call whose slot is booked already."""

    @classmethod
    def of(cls, item: RateLimitItem, spread: timedelta) -> Self:
        """Return the spacing of a limit.

        Args:
            item: the limit. It then holds in any window as long as its period.
            spread: how much the delay from a slot to the arrival of its call may differ (longest minus shortest, over
                all hosts). Calls can arrive closer together by that much, so the slots are that much further apart.
        """
        window = item.get_expiry() * SECOND + to_microseconds(spread)
        reach = URGENT_HORIZON + FAR_HORIZON + to_microseconds(spread)
        return cls(step=-(-window // item.amount), reach=reach)
