"""Listing messages page by page: a cursor says where the next page begins, and costs nothing to keep.

It names the last entry that was seen by its time and its tag. Where that has moved on meanwhile, the next page begins
at its time: an entry may then be met twice, but none that stays is missed.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Self, cast

from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store.store import BATCH, MessageStore

MOST_LOOKED_AT = 10 * BATCH
"""Entries that one page looks at, where most of a group are in another state than the one asked for."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing.

    Attributes:
        messages: newest first within a state, or within the group.
        next: the cursor of the next page; None where this is the last one.
    """

    messages: Sequence[Message]
    next: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """The last entry seen of one index; none of it where the score is None."""

    key: str
    score: float | None = None
    tag: str = ""

    def written(self) -> str:
        text = json.dumps([self.key, self.score, self.tag], ensure_ascii=False)
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, cursor: str) -> Self:
        try:
            key, score, tag = json.loads(urlsafe_b64decode(cursor.encode() + b"=="))
            place = cls(str(key), None if score is None else float(score), str(tag))
            place.written()  # its tag is text that Redis takes
        except (ValueError, TypeError, OverflowError, RecursionError):
            place = None
        if place is None or not isfinite(place.score or 0):
            raise ValueError("is no cursor of ours")
        return place


def read_page(store: MessageStore, *, state: State | None, group: str | None, cursor: str | None, limit: int) -> Page:
    """Read a page of the messages of a state, of a group, of both, or of all.

    Args:
        store: where they are.
        state: only those in it.
        group: only those of it.
        cursor: of the page before, which had the same state and group.
        limit: messages at most.

    Raises:
        ValueError: that is no cursor of such a listing.
    """
    indexes = _indexes(state, group)
    place = _Place(next(iter(indexes))) if cursor is None else _Place.read(cursor)
    if place.key not in indexes:
        raise ValueError("is the cursor of another listing")
    messages: list[Message] = []
    looked_at = 0
    while len(messages) < limit and looked_at < MOST_LOOKED_AT:
        entries = _after(store, _key(store, place.key, group), place, limit - len(messages))
        looked_at += len(entries)
        found = store.get(tag for tag, _ in entries)
        messages += [one for one in found if one is not None and state in {None, one.state}]
        if entries:
            tag, score = entries[-1]
            place = _Place(place.key, score, tag)
            continue
        following = _following(indexes, place.key)
        if following is None:
            return Page(messages, None)
        place = _Place(following)
    return Page(messages, place.written())


def _indexes(state: State | None, group: str | None) -> Sequence[str]:
    """The names, in cursors, of the indexes that a listing walks."""
    if group is not None:
        return (f"group of {state}",)
    return (state,) if state is not None else tuple(State)


def _key(store: MessageStore, index: str, group: str | None) -> str:
    return store.keys.group(group) if group is not None else store.keys.state(State(index))


def _following(indexes: Sequence[str], index: str) -> str | None:
    return next(iter(indexes[indexes.index(index) + 1 :]), None)


def _after(store: MessageStore, key: str, place: _Place, count: int) -> list[tuple[str, float]]:
    """The entries behind a place, with their scores."""
    start = 0
    if place.score is not None:
        with store.redis.pipeline(transaction=False) as pipe:
            pipe.zscore(key, place.tag)
            pipe.zrevrank(key, place.tag)
            pipe.zcount(key, f"({place.score:.0f}", "+inf")
            score, rank, newer = pipe.execute()
        start = rank + 1 if score == place.score else newer
    found = store.redis.zrange(key, start, start + count - 1, desc=True, withscores=True)
    return cast("list[tuple[str, float]]", found)
