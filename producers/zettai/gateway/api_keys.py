"""The API keys of the gateway: how they are made, written, and checked.

A key is 256 random bits, and its SHA-256 is stored. A plain hash is enough: 256 random bits cannot be guessed, and a
slow password hash would only make each request slower.
"""

import re
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Protocol

from zettai.core.accounts import checked_account
from zettai.core.delivery_reports.sources import Networks, Sources, parse_networks
from zettai.core.validation import CREATOR

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
    FIND = "find"
    METRICS = "metrics"
    ADMIN = "admin"
    """The other scopes of the key apply to the messages and suppressions of all owners."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored key: its hash, not the key itself.

    Attributes:
        name: who uses it. It appears in records and logs, has a rate limit, and makes an `Idempotency-Key` unique.
        scopes: what the key may be used for.
        hash: the SHA-256 of the key, in hexadecimal digits.
        team: the keys of a team see the messages of each other.
        expires: the key is refused from this time on.
        networks: the addresses that may use it; empty: all.
        accounts: the names of the accounts that it may use; empty: all.
    """

    name: str
    scopes: frozenset[Scope]
    hash: str = field(repr=False)
    team: str | None = None
    expires: datetime | None = None
    networks: Networks = ()
    accounts: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        """The owner of what the key makes: its team, or else its name."""
        return self.team or self.name

    @property
    def sees(self) -> str | None:
        """The owner whose messages the key sees; None: those of all."""
        return None if Scope.ADMIN in self.scopes else self.owner

    @property
    def sees_of_all_accounts(self) -> str | None:
        """The same for campaigns and suppressions, which all accounts share: a key of some accounts sees its own."""
        return self.owner if self.accounts else self.sees

    def is_expired(self, now: datetime) -> bool:
        """Return whether the key is not valid any more."""
        return self.expires is not None and now >= self.expires

    def allows(self, host: str | None) -> bool:
        """Return whether the key may be used from an address."""
        return Sources(self.networks).allow(host)

    def __str__(self) -> str:
        """Return the line of the key file."""
        line = f"{self.name}:{','.join(scope for scope in Scope if scope in self.scopes)}:{self.hash}"
        options = {
            "team": self.team,
            "expires": None if self.expires is None else self.expires.isoformat(),
            "from": ",".join(map(str, self.networks)) or None,
            "accounts": ",".join(self.accounts) or None,
        }
        given = ";".join(f"{name}={value}" for name, value in options.items() if value is not None)
        return f"{line}:{given}" if given else line


class ApiKeys(Protocol):
    """The API keys of a gateway, in a setting or in a file."""

    def find(self, key: str) -> ApiKey | None: ...  # noqa: D102 - see ApiKeyStore
    def find_hash(self, digest: str) -> ApiKey | None: ...  # noqa: D102
    def has_owner(self, name: str) -> bool: ...  # noqa: D102


class ApiKeyStore:
    """A fixed collection of API keys."""

    def __init__(self, keys: Collection[ApiKey]) -> None:
        self._keys = keys
        self._owners = frozenset(key.owner for key in keys)

    def find(self, key: str) -> ApiKey | None:
        """Return the stored key, or None if the key is unknown. The time does not depend on the key."""
        presented = _hash(key[:MAX_KEY_LENGTH])
        found = None
        for stored in self._keys:
            if compare_digest(stored.hash, presented):
                found = stored
        return found

    def has_owner(self, name: str) -> bool:
        """Return whether a name is that of an owner."""
        return name in self._owners

    def find_hash(self, digest: str) -> ApiKey | None:
        """Return the stored key with this hash, or None. Sessions of the console name their key by its hash."""
        return next((stored for stored in self._keys if compare_digest(stored.hash, digest)), None)

    def __len__(self) -> int:
        return len(self._keys)


def new_key(
    name: str,
    scopes: Collection[Scope],
    *,
    team: str | None = None,
    expires: datetime | None = None,
    networks: str | None = None,
    accounts: str | None = None,
) -> tuple[str, ApiKey]:
    """Make a key. Return the key itself, which is not stored, and the stored key.

    Args:
        name: who uses it.
        scopes: what it may be used for.
        team: its team.
        expires: an aware time.
        networks: the addresses and networks that may use it, separated by commas.
        accounts: the names of the accounts that it may use, separated by commas.

    Raises:
        ValueError: a value is invalid, or there are no scopes.
    """
    key = PREFIX + secrets.token_urlsafe(32)
    checked = None if team is None else _check_name(team)
    return key, ApiKey(
        _check_name(name),
        _parse_scopes(scopes),
        _hash(key),
        checked,
        expires,
        _parse_networks(networks),
        _parse_accounts(accounts),
    )


def parse_keys(text: str) -> ApiKeyStore:
    """Parse a key file: entries of the form `NAME:SCOPES:HASH` or `NAME:SCOPES:HASH:OPTIONS`. `#` starts a comment.

    Scopes have commas between them. Options are `team=TEAM`, `expires=TIME`, `from=NETWORK,…` and `accounts=ACCOUNT,…`,
    with `;` between them. A line may have several entries. Several keys may have the same name, for example while a key
    is replaced.

    Raises:
        ValueError: an entry is invalid. The error has the line number.
    """
    return ApiKeyStore(tuple(_parse_entries(text)))


def _parse_entries(text: str) -> Iterator[ApiKey]:
    for number, line in enumerate(text.splitlines(), start=1):
        for entry in line.partition("#")[0].split():
            name, scopes, digest, options = [*entry.split(":", maxsplit=3), "", "", ""][:4]
            if not HASH.fullmatch(digest):
                raise ValueError(
                    f"line {number} is not NAME:SCOPES:HASH or NAME:SCOPES:HASH:OPTIONS with a hash of 64 hexadecimal "
                    "digits"
                )
            try:
                yield _parse_options(ApiKey(_check_name(name), _parse_scopes(scopes.split(",")), digest), options)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None


def _parse_options(key: ApiKey, text: str) -> ApiKey:
    options = {}
    for option in filter(None, text.split(";")):
        name, _, value = option.partition("=")
        if name not in {"team", "expires", "from", "accounts"} or not value or name in options:
            raise ValueError(
                "options must be team=TEAM, expires=TIME, from=NETWORK,… and accounts=ACCOUNT,… with ; between them"
            )
        options[name] = value
    return ApiKey(
        key.name,
        key.scopes,
        key.hash,
        team=_check_name(options["team"]) if "team" in options else None,
        expires=_parse_time(options["expires"]) if "expires" in options else None,
        networks=_parse_networks(options.get("from")),
        accounts=_parse_accounts(options.get("accounts")),
    )


def _parse_time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.utcoffset() is None:
        raise ValueError("expires must be a time with an offset, for example 2027-04-01T00:00+09:00")
    return time


def _parse_networks(text: str | None) -> Networks:
    try:
        return parse_networks(text)
    except ValueError:
        raise ValueError("from must be addresses or networks, for example 192.0.2.7,198.51.100.0/24") from None


def _parse_accounts(text: str | None) -> tuple[str, ...]:
    """Return the names of accounts. Whether they exist is seen when the key is used: the settings may change."""
    try:
        return tuple(checked_account(name) for name in text.split(",")) if text else ()
    except ValueError as error:
        raise ValueError(f"each of accounts {error}") from None


def _check_name(name: str) -> str:
    if not CREATOR.fullmatch(name):
        raise ValueError("a name must have 1 to 40 letters, digits and _.- and start with a letter or digit")
    return name


def _parse_scopes(scopes: Collection[str]) -> frozenset[Scope]:
    if not scopes or not set(scopes) <= set(Scope):
        raise ValueError(f"scopes must be among {', '.join(Scope)}")
    return frozenset(Scope(scope) for scope in scopes)


def _hash(key: str) -> str:
    return sha256(key.encode(errors="replace")).hexdigest()
