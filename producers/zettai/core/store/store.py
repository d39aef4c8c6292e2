"""What producers may do with the store: record, read, list and cancel."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, cast

from redis import Redis

from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store.durability import Disk
from zettai.core.store.keys import Keys
from zettai.core.store.records import to_message
from zettai.core.store.scanning import scan
from zettai.core.store.scripts import Scripts
from zettai.core.times import from_milliseconds, milliseconds, to_milliseconds
from zettai.core.validation import Draft

RESERVE_FROM = timedelta(minutes=2)
"""A message for a time nearer than this waits here, not at the provider, which counts in minutes."""

CANCEL_GRACE = timedelta(seconds=30)
"""After this, a cancel at the provider whose task was lost is taken up again."""

BATCH = 500
"""Messages a script sees to at once: enough to make round trips cheap, few enough to keep Redis answering others."""


@dataclass(frozen=True, slots=True)
class Created:
    """What recording a draft came to: `at` where it is new, otherwise whether the tag stands for the same content."""

    at: datetime | None
    conflict: bool = False


class MessageStore:
    """The messages of one installation."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self.redis = redis
        self.keys = keys
        self.scripts = Scripts(redis, keys)

    def create(self, drafts: Sequence[Draft]) -> list[Created]:
        """Record drafts as `queued`, all in one atomic step; those whose tag exists are left as they are."""
        answers = self.scripts.run("create", self._keys_of(drafts), _to_json(drafts))
        return [_to_created(answer) for answer in answers]

    def create_durably(self, drafts: Sequence[Draft], disk: Disk) -> tuple[list[Created], bool]:
        """Record drafts, and wait for the disk. Tells also whether all of them, those that exist too, are known there.

        Raises:
            DurabilityUnavailable: this Redis cannot tell; nothing was recorded.
        """
        answers, safe = self.scripts.run_durably(disk, "create", self._keys_of(drafts), _to_json(drafts))
        return [_to_created(answer) for answer in answers], safe

    def get(self, client_tags: Iterable[str]) -> list[Message | None]:
        """Read messages; None stands for an unknown tag."""
        tags = list(client_tags)
        with self.redis.pipeline(transaction=False) as pipe:
            for tag in tags:
                pipe.hgetall(self.keys.message(tag))
            return [
                to_message(tag, record) if record else None for tag, record in zip(tags, pipe.execute(), strict=True)
            ]

    def tags(self, *, state: State | None = None, group: str | None = None) -> Iterator[str]:
        """The tags of a state, of a group, or of all messages; newest first within each."""
        if group is not None:
            return self.scan(self.keys.group(group), newest_first=True)
        states = list(State) if state is None else [state]
        return (tag for one in states for tag in self.scan(self.keys.state(one), newest_first=True))

    def scan(
        self, key: str, *, since: datetime | None = None, until: datetime | None = None, newest_first: bool = False
    ) -> Iterator[str]:
        """The tags of an index by their times in it, some at a time.

        Each that stands there all the while is met once, whatever comes and goes beside it. A group's index goes by
        creation, and its messages stay in it; a state's goes by when they came into the state, and they leave it.

        Args:
            key: of the sorted set, as `Keys` names it.
            since: leaves out earlier times.
            until: leaves out this time and later ones.
            newest_first: begins at the latest time.
        """
        low = "-inf" if since is None else str(to_milliseconds(since))
        high = "+inf" if until is None else f"({to_milliseconds(until)}"
        return scan(self.redis, key, low, high, newest_first=newest_first)

    def find(self, *, state: State | None = None, group: str | None = None) -> Iterator[Message]:
        """The messages of a state, of a group, or of both; memory stays flat however many they are."""
        found = self.messages(self.tags(state=state, group=group))
        return (message for message in found if state in {None, message.state})

    def messages(self, client_tags: Iterable[str]) -> Iterator[Message]:
        """Read messages one batch at a time; unknown tags are left out."""
        tags = iter(client_tags)
        while batch := list(islice(tags, BATCH)):
            yield from (message for message in self.get(batch) if message is not None)

    def cancel(self, client_tags: Sequence[str]) -> list[str]:
        """Cancel what was not sent yet, and record the wish for the rest.

        Returns:
            For each "canceled", "pending", "reserved" (pending: the provider must be told), "too_late" or "not_found".
        """
        grace = milliseconds(CANCEL_GRACE)
        return cast(
            "list[str]",
            self.scripts.run("cancel", self._keys(client_tags), json.dumps(list(client_tags)), grace),
        )

    def now(self) -> datetime:
        """Return the time of Redis. No clock of another machine decides anything."""
        seconds, microseconds = self.redis.time()
        return from_milliseconds(seconds * 1000 + microseconds / 1000)

    def counts(self) -> dict[State, int]:
        """How many messages stand in each state."""
        with self.redis.pipeline(transaction=False) as pipe:
            for state in State:
                pipe.zcard(self.keys.state(state))
            return dict(zip(State, pipe.execute(), strict=True))

    def close(self) -> None:
        """Close the connections."""
        self.redis.close()

    def _keys(self, client_tags: Iterable[str]) -> list[str]:
        return [key for tag in client_tags for key in (self.keys.message(tag), self.keys.body(tag))]

    def _keys_of(self, drafts: Iterable[Draft]) -> list[str]:
        return [key for draft in drafts for key in self._keys_with_group(draft.client_tag, draft.group)]

    def _keys_with_group(self, client_tag: str, group: str | None) -> tuple[str, str, str]:
        record = self.keys.message(client_tag)
        return record, self.keys.body(client_tag), record if group is None else self.keys.group(group)


def _to_created(answer: str) -> Created:
    """What `create.lua` answers for a draft."""
    if answer in {"same", "conflict"}:
        return Created(None, conflict=answer == "conflict")
    return Created(from_milliseconds(answer))


def _to_json(drafts: Iterable[Draft]) -> str:
    """Drafts as `create.lua` wants them."""
    return json.dumps([_to_record(draft) for draft in drafts])


def _to_record(draft: Draft) -> dict[str, Any]:
    """One of them."""
    fields = {"to": draft.to, "group": draft.group, "carrier": draft.carrier}
    if draft.send_at:
        fields["send_at"] = str(to_milliseconds(draft.send_at))
    record: dict[str, Any] = {
        "tag": draft.client_tag,
        "digest": draft.digest,
        "lane": draft.lane,
        "carrier": draft.carrier or "unknown",
        "body": draft.body,
        "expires_in": milliseconds(draft.expires_in),
        "reserve_from": milliseconds(RESERVE_FROM),
        "fields": [part for field in fields.items() if field[1] is not None for part in field],
        "has_group": draft.group is not None,
    }
    if draft.send_at:
        record["send_at"] = to_milliseconds(draft.send_at)
    return record
