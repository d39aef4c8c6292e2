"""Digests of contents: they tell a repeated message from another one with the same tag, and a repeated replacement.

A digest is a keyed hash, so a code in a text cannot be found by trying all codes. A record has it until the message is
final.
"""

import secrets
from collections.abc import Iterable
from hashlib import blake2b
from typing import cast

from redis import Redis

from zettai.core.hash_key import HashKey
from zettai.core.key_settings import SecretKeys
from zettai.core.new_message import NewMessage
from zettai.core.store.keys import Keys

RANDOM_BYTES = 32


class ContentDigests:
    """Makes digests with the first secret key of the settings; without one, with a random key that Redis keeps."""

    def __init__(self, redis: Redis, keys: Keys, secret_keys: SecretKeys) -> None:
        self._redis = redis
        self._keys = keys
        self._given = secret_keys.of_digests
        self._random: HashKey | None = None

    def of(self, content: bytes) -> str:
        """Return the digest of a content.

        Raises:
            RedisError: the random key is needed, and Redis did not answer.
        """
        if self._given:
            return self._given[0].digest_of(content)
        if self._random is None:
            # Two processes may do this at once. Both read what the first one wrote.
            self._redis.set(self._keys.digest_key, secrets.token_urlsafe(RANDOM_BYTES), nx=True)
            self._random = self._read_random()
        return cast("HashKey", self._random).digest_of(content)

    def as_recorded(self, messages: Iterable[NewMessage]) -> dict[str, str]:
        """Return by tag the digests of contents, each made with the key of the record of that tag.

        A message is left out if this process does not have that key, or if it has no record any more.
        """
        new_messages = list(messages)
        with self._redis.pipeline(transaction=False) as pipe:
            for new in new_messages:
                pipe.hget(self._keys.message(new.client_tag), "digest")
            found = cast("list[str | None]", pipe.execute())
        # Read it again: after a loss of data in Redis, another process may have made a new key.
        self._random = self._read_random()
        known = {key.mark: key for key in (*self._given, *([] if self._random is None else [self._random]))}
        digests = {}
        for new, digest in zip(new_messages, found, strict=True):
            mark, colon, _ = (digest or "").partition(":")
            if digest and not colon:
                digests[new.client_tag] = _unkeyed(new.content)
            elif mark in known:
                digests[new.client_tag] = known[mark].digest_of(new.content)
        return digests

    def _read_random(self) -> HashKey | None:
        key = cast("str | None", self._redis.get(self._keys.digest_key))
        return None if key is None else HashKey(key)


def _unkeyed(content: bytes) -> str:
    """Return the digest that earlier versions recorded."""
    return blake2b(content, digest_size=12).hexdigest()
