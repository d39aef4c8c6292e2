"""Lists messages in pages. A cursor says where the next page starts; the server stores nothing.

The cursor has the time and the tag of the last entry. If that entry has left the index, the next page starts at its
time: an entry may then appear twice, but no entry that stays is missed.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Self, cast

from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidValue
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store.keys import Keys
from zettai.core.store.scripts import BATCH
from zettai.core.store.store import MessageStore
from zettai.core.validation import checked_tag

MOST_ENTRIES = 10 * BATCH
"""The most entries that are read for one page, if most messages of a group are in another state."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a listing.

    Attributes:
        messages: newest first within a state, or within the group.
        next: the cursor of the next page; None on the last page.
    """

    messages: Sequence[Message]
    next: str | None


@dataclass(frozen=True, slots=True)
class _Cursor:
    """The last entry that was read from an index. With the score None nothing was read yet."""

    key: str
    score: float | None = None
    tag: str = ""

    def encode(self) -> str:
        text = json.dumps([self.key, self.score, self.tag], ensure_ascii=False)
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, cursor: str) -> Self:
        try:
            key, score, tag = json.loads(urlsafe_b64decode(cursor.encode() + b"=="))
            position = cls(str(key), None if score is None else float(score), str(tag))
            position.encode()  # check that the tag can be encoded for Redis
        except (ValueError, TypeError, OverflowError, RecursionError):
            position = None
        if position is None or not isfinite(position.score or 0):
            raise ValueError("is not a valid cursor")
        return position


def read_page(
    store: MessageStore,
    *,
    state: State | None,
    group: str | None,
    cursor: str | None,
    limit: int,
    owner: str | None = None,
    accounts: Collection[str | None] = (None,),
) -> Page:
    """Return a page of the messages of a state, of a group, of both, or of all.

    Args:
        store: the messages.
        state: only messages in it.
        group: only messages of it.
        cursor: from the previous page with the same state and group; None for the first page.
        limit: the most messages.
        owner: only messages of this owner; None for those of any.
        accounts: only messages of these accounts. Those of a state come account by account.

    Raises:
        ValueError: the cursor is not valid for this listing.
    """
    indexes = _indexes(store.keys, accounts, state, group, owner)
    if not indexes:  # the accounts are not in the settings any more
        return Page([], None)
    position = _Cursor(next(iter(indexes))) if cursor is None else _Cursor.decode(cursor)
    if position.key not in indexes:
        raise ValueError("belongs to another listing")
    messages: list[Message] = []
    entries_read = 0
    while len(messages) < limit and entries_read < MOST_ENTRIES:
        entries = _after(store, indexes[position.key], position, limit - len(messages))
        entries_read += len(entries)
        found = store.get(tag for tag, _ in entries)
        messages += [
            one
            for one in found
            if one is not None and state in {None, one.state} and owner in {None, one.owner} and one.account in accounts
        ]
        if entries:
            tag, score = entries[-1]
            position = _Cursor(position.key, score, tag)
            continue
        next_index = _next_index(tuple(indexes), position.key)
        if next_index is None:
            return Page(messages, None)
        position = _Cursor(next_index)
    return Page(messages, position.encode())


def has_metadata(message: Message, pairs: Mapping[str, str]) -> bool:
    """Return whether a message has all these pairs."""
    return pairs.items() <= message.metadata.items()


def group_key(store: MessageStore, group: str) -> str:
    """Return the key of the index of a group.

    Raises:
        InvalidMessage: the group is invalid.
    """
    try:
        return store.keys.group(checked_tag(group))
    except InvalidValue as error:
        raise InvalidMessage("group", error) from None


def _indexes(
    keys: Keys, accounts: Iterable[str | None], state: State | None, group: str | None, owner: str | None
) -> Mapping[str, str]:
    """Return the indexes that a listing reads: their names, as used in cursors, and their keys."""
    if group is not None:
        return {f"group of {state}": keys.group(group)}
    if owner is not None:
        return {f"owned of {state}": keys.owned(owner)}
    return {
        one.value if account is None else f"{one} {account}": replace(keys, account=account).state(one)
        for one in ([state] if state is not None else State)
        for account in accounts
    }


def _next_index(indexes: Sequence[str], index: str) -> str | None:
    return next(iter(indexes[indexes.index(index) + 1 :]), None)


def _after(store: MessageStore, key: str, position: _Cursor, count: int) -> list[tuple[str, float]]:
    """Return the entries after a cursor, with their scores."""
    start = 0
    if position.score is not None:
        with store.redis.pipeline(transaction=False) as pipe:
            pipe.zscore(key, position.tag)
            pipe.zrevrank(key, position.tag)
            pipe.zcount(key, f"({position.score:.0f}", "+inf")
            score, rank, newer = pipe.execute()
        start = rank + 1 if score == position.score else newer
    found = store.redis.zrange(key, start, start + count - 1, desc=True, withscores=True)
    return cast("list[tuple[str, float]]", found)
