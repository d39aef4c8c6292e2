"""Walking through an index that changes meanwhile: by its times, not by places in it, which shift."""

from collections.abc import Iterator
from typing import cast

from redis import Redis

STEP = 500
"""Entries asked for at once."""


def walk(redis: Redis, key: str, low: str, high: str, *, newest_first: bool) -> Iterator[str]:
    """The members of a sorted set with scores within bounds, as `ZRANGE … BYSCORE` writes them.

    A member that is there all the while, with one score, is met once. Many may have the same score: those of it that
    were met are remembered until the next one.
    """
    met: set[str] = set()
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
                num=STEP + len(met),
                withscores=True,
            ),
        )
        fresh = [(member, score) for member, score in page if member not in met]
        if not fresh:
            return
        yield from (member for member, _ in fresh)
        reached = fresh[-1][1]
        met = {member for member, score in page if score == reached}
        if newest_first:
            high = repr(reached)
        else:
            low = repr(reached)
