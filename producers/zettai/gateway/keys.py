"""API keys of the gateway: who may do what. What is done with them stands elsewhere.

A key is 256 random bits, so it is stored as its plain SHA-256: nobody can try them all, and a slow hash, which makes
up for passwords that people choose, would only cost each request its time. Who reads the hash cannot make the key.
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
"""Before each key, so that people and scanners know one when they see it."""

LONGEST = 200
"""Characters of what may be a key at all."""


class Scope(StrEnum):
    """What a key may be used for."""

    SEND = "send"
    READ = "read"
    CANCEL = "cancel"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored: without the key.

    Attributes:
        name: whose it is; for logs and limits, and part of what makes an `Idempotency-Key` unique.
        scopes: what it may be used for.
        hash: SHA-256 of the key, in hexadecimal digits.
    """

    name: str
    scopes: frozenset[Scope]
    hash: str = field(repr=False)

    def __str__(self) -> str:
        """The line that stores it."""
        return f"{self.name}:{','.join(scope for scope in Scope if scope in self.scopes)}:{self.hash}"


class KeyRing:
    """All keys of a gateway."""

    def __init__(self, keys: Collection[ApiKey]) -> None:
        self._keys = keys

    def find(self, key: str) -> ApiKey | None:
        """Whose key this is; None is nobody's. It takes as long whichever it is, and however much of it is right."""
        presented = _hash(key[:LONGEST])
        found = None
        for one in self._keys:
            if compare_digest(one.hash, presented):
                found = one
        return found


def new_key(name: str, scopes: Collection[Scope]) -> tuple[str, ApiKey]:
    """Make a key; the first part of the answer is for whoever shall use it, and kept nowhere.

    Raises:
        ValueError: that is no name, or there is nothing that the key would be for.
    """
    key = PREFIX + secrets.token_urlsafe(32)
    return key, ApiKey(_name(name), _scopes(scopes), _hash(key))


def read_keys(text: str) -> KeyRing:
    """Read `NAME:SCOPES:HASH`, with commas between the scopes, one or more a line; `#` begins a comment.

    A name may be there more than once, as while a key is exchanged for another.

    Raises:
        ValueError: naming the line that is wrong; or there is none.
    """
    keys = tuple(_read(text))
    if not keys:
        raise ValueError("has no key")
    return KeyRing(keys)


def _read(text: str) -> Iterator[ApiKey]:
    for number, line in enumerate(text.splitlines(), start=1):
        for word in line.partition("#")[0].split():
            name, scopes, digest = [*word.split(":"), "", ""][:3]
            if word.count(":") != 2 or not HASH.fullmatch(digest):  # noqa: PLR2004 - two colons between three parts
                raise ValueError(f"line {number} is not NAME:SCOPES:HASH, the hash being 64 hexadecimal digits")
            try:
                yield ApiKey(_name(name), _scopes(scopes.split(",")), digest)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError("a name is 1 to 40 letters, digits and _.- and begins with a letter or digit")
    return text


def _scopes(words: Collection[str]) -> frozenset[Scope]:
    if not words or not set(words) <= set(Scope):
        raise ValueError(f"scopes are {', '.join(Scope)}")
    return frozenset(Scope(word) for word in words)


def _hash(key: str) -> str:
    return sha256(key.encode(errors="replace")).hexdigest()
