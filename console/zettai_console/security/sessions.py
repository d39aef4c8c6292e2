"""Sessions: a signed cookie holds each one, and Redis remembers those that a logout ended, for all processes."""

import secrets
from collections.abc import Mapping, MutableMapping
from datetime import timedelta
from typing import Any

from redis import Redis

from zettai.core.store.keys import Keys

ID = "id"
"""The field of the session that identifies it."""


def begin(session: MutableMapping[str, Any]) -> None:
    """Give a session an identity of its own."""
    session[ID] = secrets.token_urlsafe(16)


class Sessions:
    """Ends sessions. A copy of the cookie of one is no login any more."""

    def __init__(self, redis: Redis, keys: Keys, lifetime: timedelta) -> None:
        """Prepare. No cookie is valid for longer than the lifetime."""
        self._redis = redis
        self._keys = keys
        self._lifetime = lifetime

    def end(self, session: Mapping[str, Any]) -> None:
        """End a session.

        Raises:
            RedisError: Redis did not answer.
        """
        self._redis.set(self._key(session), "", px=self._lifetime)

    def has_ended(self, session: Mapping[str, Any]) -> bool:
        """Return whether a session has ended.

        Raises:
            RedisError: Redis did not answer.
        """
        return bool(self._redis.exists(self._key(session)))

    def _key(self, session: Mapping[str, Any]) -> str:
        return self._keys.ended_session(session.get(ID, ""))
