"""Scanning a sorted set that changes meanwhile: by scores, because positions shift."""

from collections.abc import Iterator
from typing import cast

from redis import Redis

PAGE = 500
"""Entries that are read at once."""


def scan(redis: Redis, key: str, low: str, high: str, *, newest_first: bool) -> Iterator[str]:
    """Yield the members of a sorted set whose scores lie between two bounds of `ZRANGE … BYSCORE`.

    A member that stays in the set with the same score is yielded exactly once. Many members may have the same score:
    those already yielded with the latest score are remembered until the next score.
    """
    seen: set[str] = set()
    while True:
        first, last = (high, low) if newest_first else (low, high)
        page = cast(
            "list[tuple[str, float]]",
            redis.zrange(
                key,
                first,
                last,
                desc=newest_first,
                byscore=True,
                offset=0,
                num=PAGE + len(seen),
                withscores=True,
            ),
        )
        unseen = [(member, score) for member, score in page if member not in seen]
        if not unseen:
            return
        yield from (member for member, _ in unseen)
        latest = unseen[-1][1]
        seen = {member for member, score in page if score == latest}
        if newest_first:
            high = repr(latest)
        else:
            low = repr(latest)
