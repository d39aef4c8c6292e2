"""Rules of the monthly comparison of billed parts. Pure functions.

Our count of a carrier is a range: the provider may count a message that was sent at the end of a month in either month,
and we may not know the carrier of each message.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from zettai.core.carriers import Carrier
from zettai.core.months import Month
from zettai.core.store.billed_parts import CountedParts

SETTLED_AFTER = timedelta(days=4)
"""How long after its end a month is complete. Final statuses come up to 72 hours after a message was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierParts:
    """The billed parts of a month and a carrier.

    Attributes:
        least: the fewest that we may have.
        most: the most that we may have.
        provider: what the provider has.
    """

    carrier: Carrier
    least: int
    most: int
    provider: int

    @property
    def difference(self) -> int:
        """By how much the provider has more than our range, or less (below zero); 0 within the range."""
        return self.provider - min(max(self.provider, self.least), self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsOfMonth:
    """The comparison of a month.

    Attributes:
        carriers: one for each carrier.
        inconclusive: why a difference proves nothing; None if it counts.
    """

    month: Month
    carriers: Sequence[CarrierParts]
    inconclusive: str | None

    @property
    def differs(self) -> bool:
        """Whether a carrier has a difference that counts."""
        return self.inconclusive is None and any(one.difference for one in self.carriers)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the comparison ready for JSON: one object for each carrier."""
        return [
            {
                "month": str(self.month),
                "carrier": one.carrier.value,
                "least": one.least,
                "most": one.most,
                "provider": one.provider,
                "difference": one.difference,
                "inconclusive": self.inconclusive,
            }
            for one in self.carriers
        ]


def compare_parts(
    month: Month, counts: Iterable[CountedParts], provider: Mapping[Carrier, int], now: datetime
) -> PartsOfMonth:
    """Compare our counts with those of the provider.

    Args:
        month: the month to compare.
        counts: all that are kept.
        provider: the parts of the month by carrier.
        now: the time of Redis.
    """
    counts = list(counts)
    of_month = [one for one in counts if month in {one.counted, one.sent}]
    # Parts without a carrier may belong to each of them.
    unknown = sum(max(one.parts, 0) for one in of_month if one.carrier not in set(Carrier))
    carriers = []
    for carrier in Carrier:
        own = [one for one in of_month if one.carrier == carrier]
        certain = sum(one.parts for one in own if one.counted == one.sent)
        perhaps = [one.parts for one in own if one.counted != one.sent]
        carriers.append(
            CarrierParts(
                carrier=carrier,
                least=max(certain + sum(min(parts, 0) for parts in perhaps), 0),
                most=max(certain + sum(max(parts, 0) for parts in perhaps) + unknown, 0),
                provider=provider.get(carrier, 0),
            )
        )
    first = min((one.counted for one in counts), default=None)
    return PartsOfMonth(month=month, carriers=carriers, inconclusive=_why_inconclusive(month, first, now))


def latest_settled(now: datetime) -> Month:
    """Return the latest month whose final statuses are all known."""
    return Month.of(now - SETTLED_AFTER).plus(-1)


def _why_inconclusive(month: Month, first: Month | None, now: datetime) -> str | None:
    settled = latest_settled(now)
    if month > settled:
        return f"the month is not over, or ended less than {SETTLED_AFTER.days} days ago"
    if first is None or month <= first:
        return "parts were counted in a part of the month only"
    if month < settled:
        return f"only the numbers of {settled} count: the provider may not keep all data of earlier months"
    return None
