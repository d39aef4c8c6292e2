"""The billed parts that the provider has reported. The scripts that record a final status count them.

The provider does not say whether a message that was sent on the last of a month, and delivered on the first, belongs to
the one month or to the other. So both months are kept.
"""

from collections.abc import Mapping
from typing import NamedTuple, cast

from redis import Redis

from zettai.core.months import Month
from zettai.core.store.keys import Keys
from zettai.core.store.store import MessageStore

MONTHS_KEPT = 14
"""How many months the counts are kept. The daily purge deletes older ones."""

_MONTH = "month"
"""The field with the compared month. The others are named after carriers."""


class CountedParts(NamedTuple):
    """The parts of one carrier that were counted in one month, for messages that were sent in one month.

    Attributes:
        counted: the month in which the final statuses came.
        sent: the month in which the messages were sent.
        carrier: a `Carrier`, or `unknown`.
        parts: below zero if more was taken back than counted.
    """

    counted: Month
    sent: Month
    carrier: str
    parts: int


class BilledPartsStore(MessageStore):
    """Reads the counts of billed parts, and keeps the latest comparison with the provider."""

    def billed_parts(self) -> list[CountedParts]:
        """Return all counts."""
        fields = cast("dict[str, str]", self.redis.hgetall(self.keys.billed_parts))
        return [_counted(name, count) for name, count in fields.items()]

    def purge_billed_parts(self) -> int:
        """Delete the counts of old months. Return how many."""
        oldest = Month.of(self.now()).plus(1 - MONTHS_KEPT)
        names = cast("list[str]", self.redis.hkeys(self.keys.billed_parts))
        old = [name for name in names if _counted(name, "0").counted < oldest]
        return self.redis.hdel(self.keys.billed_parts, *old) if old else 0

    def record_parts_comparison(self, month: Month, differences: Mapping[str, int]) -> None:
        """Record the differences of a month by carrier, in place of the ones before."""
        with self.redis.pipeline() as pipe:
            pipe.delete(self.keys.parts_comparison)
            pipe.hset(self.keys.parts_comparison, _MONTH, str(month))
            for carrier, difference in differences.items():
                pipe.hset(self.keys.parts_comparison, carrier, difference)
            pipe.execute()


def read_parts_differences(redis: Redis, keys: Keys) -> Mapping[str, int]:
    """Return the differences of the latest comparison by carrier; empty before the first one.

    Raises:
        RedisError: Redis did not answer.
    """
    fields = cast("dict[str, str]", redis.hgetall(keys.parts_comparison))
    return {name: int(value) for name, value in fields.items() if name != _MONTH}


def _counted(name: str, count: str) -> CountedParts:
    counted, sent, carrier = name.split(" ")
    return CountedParts(Month.parse(counted), Month.parse(sent), carrier, int(count))
