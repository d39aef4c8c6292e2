"""Reads messages, and puts those aside whose record is damaged."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Self, cast

from redis import Redis
from redis.exceptions import NoPermissionError

from zettai.core.key_settings import SecretKeys
from zettai.core.loggers import get_logger
from zettai.core.message import Message
from zettai.core.sealing import BrokenSeal
from zettai.core.states import State
from zettai.core.store.keys import Keys
from zettai.core.store.numbers import NumberIndex
from zettai.core.store.personal_data import read_body
from zettai.core.store.records import DamagedRecord, to_message
from zettai.core.store.scanning import scan
from zettai.core.store.scripts import BATCH, Scripts
from zettai.core.times import from_milliseconds, to_milliseconds

logger = get_logger("zettai.store")


class MessageReader:
    """Reads the messages of one account. Records are read whatever account they have."""

    def __init__(self, redis: Redis, keys: Keys, secrets: SecretKeys) -> None:
        self.redis = redis
        self.keys = keys
        self.secrets = secrets
        self.scripts = Scripts(redis, keys)
        self.numbers = NumberIndex(redis, keys, secrets.index)

    def get(self, client_tags: Iterable[str]) -> list[Message | None]:
        """Return messages by their tags; None for an unknown tag, and for a damaged record, which is quarantined."""
        tags = list(client_tags)
        with self.redis.pipeline(transaction=False) as pipe:
            for tag in tags:
                pipe.hgetall(self.keys.message(tag))
            records = pipe.execute()
        return [self._read(tag, record) if record else None for tag, record in zip(tags, records, strict=True)]

    def accounts_of(self, client_tags: Sequence[str]) -> Sequence[str | None]:
        """Return the account of each message; None for the default account, and for an unknown tag."""
        with self.redis.pipeline(transaction=False) as pipe:
            for tag in client_tags:
                pipe.hget(self.keys.message(tag), "account")
            return pipe.execute()

    @property
    def accounts(self) -> Sequence[str | None]:
        """The one account of this store; None is the default account."""
        return (self.keys.account,)

    def only(self, accounts: Iterable[str | None]) -> Self:  # noqa: ARG002 - see AccountStores.only
        """Return this store: it has one account."""
        return self

    def tags(self, *, state: State | None = None, group: str | None = None) -> Iterator[str]:
        """Yield the tags of a state, of a group, or of all messages; newest first within a state or group.

        The tags of a group are those of all accounts.
        """
        if group is not None:
            return self.scan(self.keys.group(group), newest_first=True)
        states = list(State) if state is None else [state]
        return (tag for one in states for tag in self.scan(self.keys.state(one), newest_first=True))

    def scan(
        self, key: str, *, since: datetime | None = None, until: datetime | None = None, newest_first: bool = False
    ) -> Iterator[str]:
        """Yield the tags of an index in the order of their times.

        A tag that stays in the index is yielded exactly once, even if others come and go. The index of a group has the
        times of creation. The index of a state has the times at which messages entered the state.

        Args:
            key: the sorted set, as named by `Keys`.
            since: leave out earlier times.
            until: leave out this time and later ones.
            newest_first: start with the latest time.
        """
        low = "-inf" if since is None else str(to_milliseconds(since))
        high = "+inf" if until is None else f"({to_milliseconds(until)}"
        return scan(self.redis, key, low, high, newest_first=newest_first)

    def find(self, *, state: State | None = None, group: str | None = None) -> Iterator[Message]:
        """Yield the messages of this account in a state, in a group, or in both. They are read in batches."""
        found = self.messages(self.tags(state=state, group=group))
        return (one for one in found if state in {None, one.state} and one.account == self.keys.account)

    def messages(self, client_tags: Iterable[str]) -> Iterator[Message]:
        """Yield messages by their tags, read in batches. Unknown tags are left out."""
        tags = iter(client_tags)
        while batch := list(islice(tags, BATCH)):
            yield from (message for message in self.get(batch) if message is not None)

    def bodies(self, client_tags: Sequence[str]) -> list[str | None]:
        """Return the texts of messages; None for one that was deleted, or that cannot be read here."""
        with self.redis.pipeline(transaction=False) as pipe:
            for tag in client_tags:
                pipe.get(self.keys.body(tag))
                pipe.hget(self.keys.message(tag), "sealed_by")
            found = cast("list[str | None]", pipe.execute())
        bodies, key_ids = found[::2], found[1::2]
        return [self._read_body(*one) for one in zip(bodies, key_ids, client_tags, strict=True)]

    def find_number(self, number: str) -> Iterator[Message]:
        """Yield the messages to a phone number in its normal form, newest first for each key of the index.

        Raises:
            SettingsError: there is no `ZETTAI_INDEX_KEY`.
        """
        return self.messages(self.numbers.tags(number))

    def now(self) -> datetime:
        """Return the time of Redis. No clock of another machine decides anything."""
        seconds, microseconds = self.redis.time()
        return from_milliseconds(seconds * 1000 + microseconds / 1000)

    def counts(self) -> dict[State, int]:
        """Return the number of messages in each state."""
        with self.redis.pipeline(transaction=False) as pipe:
            for state in State:
                pipe.zcard(self.keys.state(state))
            return dict(zip(State, pipe.execute(), strict=True))

    def close(self) -> None:
        """Close the connections."""
        self.redis.close()

    def quarantined(self) -> int:
        """Return the number of damaged records that are put aside."""
        return self.redis.zcard(self.keys.quarantine)

    def _read(self, client_tag: str, record: Mapping[str, str]) -> Message | None:
        """Return the message of a record. One that cannot be read is put aside, so that the others go on."""
        try:
            return to_message(client_tag, record, self.secrets.sealer)
        except DamagedRecord:
            owner = MessageReader(self.redis, replace(self.keys, account=record.get("account")), self.secrets)
            owner.quarantine(client_tag)
            return None

    def quarantine(self, client_tag: str) -> None:
        """Put the damaged record of a message of this account aside. A user of Redis who may only read leaves it."""
        with suppress(NoPermissionError):
            self._run_for_each("quarantine", [client_tag], [self.keys.message(client_tag)])

    def _read_body(self, body: str | None, key_id: str | None, client_tag: str) -> str | None:
        """Return the text of a message. None if it was deleted, or cannot be read: then its record is put aside."""
        try:
            return read_body(body, key_id, client_tag, self.secrets.sealer)
        except BrokenSeal:
            self.quarantine(client_tag)
            return None

    def _run_for_each(
        self, name: str, client_tags: Sequence[str], keys: Sequence[str], *arguments: str | float
    ) -> list[Any]:
        """Run a script that gives an answer for each message."""
        answers = self.scripts.run(name, keys, json.dumps(list(client_tags)), *arguments)
        self._report_quarantined(client_tags, answers)
        return cast("list[Any]", answers)

    def _report_quarantined(self, client_tags: Sequence[str], answers: Sequence[Any]) -> None:
        """Log each damaged record that a script has put aside. A script says so once."""
        for tag, answer in zip(client_tags, answers, strict=True):
            if answer == "quarantined":
                logger.error("record_quarantined", client_tag=tag, action="see docs/runbook.md, 'ZettaiRecordsDamaged'")

    def _keys(self, client_tags: Iterable[str]) -> list[str]:
        return [key for tag in client_tags for key in (self.keys.message(tag), self.keys.body(tag))]
