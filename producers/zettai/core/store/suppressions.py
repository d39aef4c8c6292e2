"""The suppression list in Redis: the numbers to which no messages are sent, as keyed hashes.

The scripts check it when they record a message, when they give the right to send it, and when it is reserved.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from redis import Redis
from redis.exceptions import ResponseError

from zettai.core.errors import SettingsError, SuppressionKeyMismatch, ZettaiError
from zettai.core.hash_key import HashKey
from zettai.core.store.keys import Keys
from zettai.core.store.scripts import Scripts
from zettai.core.times import from_milliseconds
from zettai.core.validation import ALL

MOST_SCOPES = 100
"""Scopes of a number that the owner of an API key may add. More of them would make each look at the number slow."""

SCAN_STEP = 1_000
"""Numbers that one step of a scan reads."""


@dataclass(frozen=True, slots=True)
class SuppressedScope:
    """A scope in which a number is suppressed.

    Attributes:
        scope: `all`, or the name of a category of messages.
        since: when it was added.
        source: where that came from, such as `web-form`; None if it was not given.
        owner: the owner of the API key that added it; None if an application or an operator did.
    """

    scope: str
    since: datetime
    source: str | None = None
    owner: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Return the values for JSON."""
        return {"scope": self.scope, "since": self.since.isoformat(), "source": self.source, "owner": self.owner}


@dataclass(frozen=True, slots=True)
class Suppression:
    """The scopes in which a number is suppressed, in the order in which they were added."""

    scopes: tuple[SuppressedScope, ...]

    def blocks(self, category: str | None) -> bool:
        """Return whether messages of a category are not sent. None means: without a category."""
        return category is None or any(one.scope in {ALL, category} for one in self.scopes)


@dataclass(frozen=True, slots=True)
class HashedNumber:
    """A number in one scope of the list, as the list holds it.

    Attributes:
        hash: the keyed hash of the number.
        since: when it was added; None means now.
        owner: who added it; see `SuppressedScope`.
    """

    hash: str
    scope: str
    source: str | None = None
    since: datetime | None = None
    owner: str | None = None


class SuppressionList:
    """The suppression list of one installation."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts, key: HashKey | None) -> None:
        """Build the list.

        Args:
            redis: the connections.
            keys: the names of the keys in Redis.
            scripts: runs the scripts.
            key: makes the hashes. Without it, numbers can be counted only.
        """
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self.key = key

    @property
    def required_key(self) -> HashKey:
        """The key of the list.

        Raises:
            SettingsError: there is none.
        """
        if self.key is None:
            raise SettingsError(
                "ZETTAI_SUPPRESSION_KEY: must be set (or ZETTAI_SUPPRESSION_KEY_FILE); no suppression list is kept"
            )
        return self.key

    def add(self, numbers: Sequence[HashedNumber]) -> list[bool | None]:
        """Add numbers. Return for each whether its owner had not suppressed it in this scope before.

        None means: it was not added, because its owner has `MOST_SCOPES` scopes of it. Without an owner, there is no
        limit.

        Raises:
            SuppressionKeyMismatch: the list belongs to another key. Nothing was added.
        """
        values = json.dumps([_to_json(one) for one in numbers])
        answers = self._run("suppress", values, str(MOST_SCOPES))
        return [None if answer < 0 else bool(answer) for answer in answers]

    def remove(self, number_hash: str, scope: str | None, owner: str | None = None) -> bool:
        """Remove a number from a scope, or with None from all. Return whether it was suppressed there.

        Args:
            number_hash: the keyed hash of the number.
            scope: the scope.
            owner: what others have added stays; None removes it for all owners.

        Raises:
            SuppressionKeyMismatch: the list belongs to another key. Nothing was removed.
        """
        return bool(self._run("unsuppress", number_hash, scope or "", owner or ""))

    def get(self, number_hash: str, owner: str | None = None) -> Suppression | None:
        """Return the scopes of a number. None if it is not suppressed.

        Args:
            number_hash: the keyed hash of the number.
            owner: leave out what others have added; None returns all.

        Raises:
            SuppressionKeyMismatch: the list belongs to another key.
        """
        own = self.required_key.fingerprint
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hget(self._keys.suppression_list, "fingerprint")
            pipe.hget(self._keys.suppressions, number_hash)
            expected, scopes = cast("list[str | None]", pipe.execute())
        if expected not in {None, own}:
            raise SuppressionKeyMismatch(str(expected), own)
        found = tuple(one for one in _to_scopes(scopes or "") if owner in {None, one.owner})
        return Suppression(found) if found else None

    def scan(self) -> Iterator[HashedNumber]:
        """Yield all numbers, one entry for each scope. A number may be yielded twice if the list grows meanwhile."""
        for number_hash, scopes in self._redis.hscan_iter(self._keys.suppressions, count=SCAN_STEP):
            for one in _to_scopes(scopes):
                yield HashedNumber(number_hash, one.scope, one.source, one.since, one.owner)

    def count(self) -> int:
        """Return how many numbers are suppressed."""
        return self._redis.hlen(self._keys.suppressions)

    def clear(self) -> None:
        """Remove all numbers. The list then belongs to no key."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.unlink(self._keys.suppressions)
            pipe.hdel(self._keys.suppression_list, "fingerprint")
            pipe.execute()

    def fingerprint(self) -> str | None:
        """Return the fingerprint of the key that the list belongs to. None if nothing was ever added."""
        return cast("str | None", self._redis.hget(self._keys.suppression_list, "fingerprint"))

    def _run(self, name: str, *arguments: str) -> list[int]:
        own = self.required_key.fingerprint
        try:
            return cast("list[int]", self._scripts.run(name, [], own, *arguments))
        except ResponseError as error:
            raise as_mismatch(error, self.key) or error from None


def as_mismatch(error: ResponseError, key: HashKey | None) -> ZettaiError | None:
    """Return the error of a script that found the list with another key. None if it is another error."""
    _, found, rest = str(error).partition("SUPPRESSION_KEY ")
    if not found:
        return None
    return SuppressionKeyMismatch(rest.split(" ", maxsplit=1)[0], None if key is None else key.fingerprint)


def _to_json(one: HashedNumber) -> dict[str, object]:
    """Return a number in the form that `suppress.lua` reads."""
    values: dict[str, object] = {"hash": one.hash, "scope": one.scope}
    if one.source is not None:
        values["source"] = one.source
    if one.since is not None:
        values["since"] = int(one.since.timestamp())
    if one.owner is not None:
        values["owner"] = one.owner
    return values


def _to_scopes(text: str) -> Iterator[SuppressedScope]:
    """Yield the scopes of a number, from the form that `suppress.lua` writes."""
    for entry in text.split():
        scope, seconds, source, owner = [*entry.split(":"), "", ""][:4]
        yield SuppressedScope(scope, from_milliseconds(int(seconds) * 1000), source or None, owner or None)
