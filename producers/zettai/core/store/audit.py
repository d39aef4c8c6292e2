"""The audit log: who canceled, requeued, exported numbers, erased, or changed how messages are sent.

It is a stream in Redis that is only appended to, and a second one for API keys: an application that makes many requests
cannot push out what people did. An entry is written before its action, so no action is without one; if the action then
fails, its entry stays. No entry has a phone number, a text or metadata.
"""

import heapq
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, cast

from redis import Redis

from zettai.core.store.keys import Keys
from zettai.core.times import from_milliseconds

MOST_ENTRIES = 100_000
"""Entries that each stream keeps, in about 20 MB."""

LONGEST_DETAIL = 200
"""Characters of a value that are kept: as many as a tag or the name of a group has. The entry is written before the
values are checked, so a caller could fill Redis and the log with longer ones.
"""

PAGE = 500
"""Entries that are read at once."""


class AuditAction(StrEnum):
    """What was done."""

    CANCEL = "cancel"
    CANCEL_GROUP = "cancel_group"
    CANCEL_ALL_RESERVATIONS = "cancel_all_reservations"
    REPLACE = "replace"
    REQUEUE = "requeue"
    FIND_NUMBER = "find_number"
    SHOW_MESSAGE = "show_message"
    """The page of a message in the console, for a user who may see its number, text and metadata."""
    EXPORT_NUMBERS = "export_numbers"
    ERASE = "erase"
    CONTROL_CAMPAIGN = "control_campaign"
    SET_RATE = "set_rate"
    PAUSE = "pause"
    RESUME = "resume"
    SUPPRESS = "suppress"
    UNSUPPRESS = "unsuppress"
    IMPORT_SUPPRESSIONS = "import_suppressions"
    EXPORT_SUPPRESSIONS = "export_suppressions"
    CLEAR_SUPPRESSIONS = "clear_suppressions"


class ActorKind(StrEnum):
    """Who did it."""

    USER = "user"
    """A user of the operating system, with the command."""
    KEY = "key"
    """An API key of the gateway."""
    LOGIN = "login"
    """A user of the console whom a proxy has logged in."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something.

    Attributes:
        kind: a user, or an API key.
        name: of the user or of the key.
        host: the machine on which it was done; by default this one.
    """

    kind: ActorKind
    name: str
    host: str = field(default_factory=socket.gethostname)

    def __str__(self) -> str:
        """Return `user:NAME@HOST` or `key:NAME@HOST`."""
        return f"{self.kind}:{self.name}@{self.host}"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the audit log.

    Attributes:
        id: of the entry in the stream.
        at: when it was written, by the clock of Redis.
        action: what was done; it may be unknown to this version.
        actor: who did it.
        details: what it was done to, such as `client_tag`, `group` or `messages`.
    """

    id: str
    at: datetime
    action: str
    actor: Actor
    details: Mapping[str, str]

    @classmethod
    def from_entry(cls, entry_id: str, fields: Mapping[str, str]) -> Self:
        """Return the entry that the stream holds."""
        details = {name: value for name, value in fields.items() if name not in {"action", "kind", "name", "host"}}
        actor = Actor(ActorKind(fields["kind"]), fields["name"], fields["host"])
        written_at = from_milliseconds(int(entry_id.partition("-")[0]))
        return cls(entry_id, written_at, fields["action"], actor, details)

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        return {"at": self.at.isoformat(), "action": self.action, "by": str(self.actor), **self.details}


class AuditLog:
    """The audit log of one installation."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._of_people, self._of_keys = keys.audit, keys.audit_of_keys

    def record(self, action: AuditAction, actor: Actor, **details: str | int | None) -> Mapping[str, str]:
        """Append an entry. Return its details.

        Args:
            action: what is about to be done.
            actor: who does it.
            details: what it is done to. They must have no personal data; None is left out.

        Raises:
            RedisError: Redis did not answer. The action must not be done then.
        """
        given = {name: str(value)[:LONGEST_DETAIL] for name, value in details.items() if value is not None}
        fields = {"action": str(action), "kind": str(actor.kind), "name": actor.name, "host": actor.host, **given}
        key = self._of_keys if actor.kind is ActorKind.KEY else self._of_people
        self._redis.xadd(key, cast("dict[Any, Any]", fields), maxlen=MOST_ENTRIES, approximate=True)
        return given

    def read(self) -> Iterator[AuditEntry]:
        """Yield the entries, newest first.

        Raises:
            RedisError: Redis did not answer.
        """
        streams = map(self._read, (self._of_people, self._of_keys))
        yield from heapq.merge(*streams, key=lambda entry: entry.at, reverse=True)

    def _read(self, key: str) -> Iterator[AuditEntry]:
        """Yield the entries of a stream, newest first."""
        end = "+"
        while page := cast("list[tuple[str, dict[str, str]]]", self._redis.xrevrange(key, max=end, count=PAGE)):
            yield from (AuditEntry.from_entry(entry_id, fields) for entry_id, fields in page)
            end = f"({page[-1][0]}"
