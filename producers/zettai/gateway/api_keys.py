"""The API keys of the gateway: how they are made, stored and found.

A key is 256 random bits, and its SHA-256 is stored. A plain hash is enough: 256 random bits cannot be guessed, and a
slow password hash would only make each request slower.
"""

import re
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")

HASH = re.compile(r"[0-9a-f]{64}")

PREFIX = "zettai_"
"""The start of each key, so that people and secret scanners recognize it."""

MAX_KEY_LENGTH = 200
"""Characters of a presented key. The rest is ignored."""


class Scope(StrEnum):
    """What a key may be used for."""

    SEND = "send"
    READ = "read"
    CANCEL = "cancel"
    SUPPRESS = "suppress"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored key: its hash, not the key itself.

    Attributes:
        name: the owner. It appears in logs, has a rate limit, and makes an `Idempotency-Key` unique.
        scopes: what the key may be used for.
        hash: the SHA-256 of the key, in hexadecimal digits.
    """

    name: str
    scopes: frozenset[Scope]
    hash: str = field(repr=False)

    def __str__(self) -> str:
        """Return the line of the key file."""
        return f"{self.name}:{','.join(scope for scope in Scope if scope in self.scopes)}:{self.hash}"


class ApiKeyStore:
    """All API keys of a gateway."""

    def __init__(self, keys: Collection[ApiKey]) -> None:
        self._keys = keys

    def find(self, key: str) -> ApiKey | None:
        """Return the stored key, or None if the key is unknown. The time does not depend on the key."""
        presented = _hash(key[:MAX_KEY_LENGTH])
        found = None
        for stored in self._keys:
            if compare_digest(stored.hash, presented):
                found = stored
        return found


def new_key(name: str, scopes: Collection[Scope]) -> tuple[str, ApiKey]:
    """Make a key. Return the key itself, which is not stored, and the stored key.

    Raises:
        ValueError: the name is invalid, or there are no scopes.
    """
    key = PREFIX + secrets.token_urlsafe(32)
    return key, ApiKey(_check_name(name), _parse_scopes(scopes), _hash(key))


def parse_keys(text: str) -> ApiKeyStore:
    """Parse a key file: entries of the form `NAME:SCOPES:HASH`, with commas between the scopes. `#` starts a comment.

    A line may have several entries. Several keys may have the same name, for example during a key rotation.

    Raises:
        ValueError: an entry is invalid (the error has the line number), or there are no keys.
    """
    keys = tuple(_parse_entries(text))
    if not keys:
        raise ValueError("has no keys")
    return ApiKeyStore(keys)


def _parse_entries(text: str) -> Iterator[ApiKey]:
    for number, line in enumerate(text.splitlines(), start=1):
        for entry in line.partition("#")[0].split():
            name, scopes, digest = [*entry.split(":"), "", ""][:3]
            if entry.count(":") != 2 or not HASH.fullmatch(digest):  # noqa: PLR2004 - two colons between three parts
                raise ValueError(f"line {number} is not NAME:SCOPES:HASH with a hash of 64 hexadecimal digits")
            try:
                yield ApiKey(_check_name(name), _parse_scopes(scopes.split(",")), digest)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None


def _check_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("a name must have 1 to 40 letters, digits and _.- and start with a letter or digit")
    return name


def _parse_scopes(scopes: Collection[str]) -> frozenset[Scope]:
    if not scopes or not set(scopes) <= set(Scope):
        raise ValueError(f"scopes must be among {', '.join(Scope)}")
    return frozenset(Scope(scope) for scope in scopes)


def _hash(key: str) -> str:
    return sha256(key.encode(errors="replace")).hexdigest()
