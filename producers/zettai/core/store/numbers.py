"""The index of messages by phone number. It holds keyed hashes, so whoever can read Redis cannot list the numbers.

The scripts write it: an entry is added with the record of its message, and removed with it.
"""

from collections.abc import Iterator, Sequence
from typing import cast

from redis import Redis

from zettai.core.errors import SettingsError
from zettai.core.hash_key import HashKey
from zettai.core.store.keys import Keys

PAGE = 500
"""Entries that are read at once."""


class NumberIndex:
    """Finds the tags of messages by phone number."""

    def __init__(self, redis: Redis, keys: Keys, hash_keys: Sequence[HashKey]) -> None:
        """Build the index.

        Args:
            redis: the connections.
            keys: the names of the keys in Redis.
            hash_keys: make the hashes. The first one is used for new messages.
        """
        self._redis = redis
        self._keys = keys
        self._hash_keys = hash_keys

    def tags(self, number: str) -> Iterator[str]:
        """Return the tags of the messages to a number in its normal form, newest first for each key.

        Raises:
            SettingsError: there is no `ZETTAI_INDEX_KEY`.
        """
        if not self._hash_keys:
            raise SettingsError(
                "ZETTAI_INDEX_KEY: must be set (or ZETTAI_INDEX_KEY_FILE); messages are not indexed by number"
            )
        hashes = [key.hash_of(number) for key in self._hash_keys]
        return (entry.split(" ", maxsplit=2)[2] for one in hashes for entry in self._entries(one))

    def count(self) -> int:
        """Return how many messages are indexed."""
        return self._redis.zcard(self._keys.numbers)

    def _entries(self, number_hash: str) -> Iterator[str]:
        """Yield the entries of a hash: the hash, a time and a tag, with a blank between them."""
        # An exclamation mark follows the blank in ASCII.
        low, high = f"[{number_hash} ", f"({number_hash}!"
        while True:
            page = cast(
                "list[str]",
                self._redis.zrange(self._keys.numbers, high, low, desc=True, bylex=True, offset=0, num=PAGE),
            )
            yield from page
            if len(page) < PAGE:
                return
            high = f"({page[-1]}"
