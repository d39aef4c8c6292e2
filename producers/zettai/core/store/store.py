"""The store as producers use it: record, read, list and cancel messages."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Self, TypeAlias, cast

from redis import Redis
from redis.exceptions import NoPermissionError, ResponseError

from zettai.core.create_result import CreateResult
from zettai.core.errors import NotDurable, TagConflict
from zettai.core.guards import NO_GUARDS, Guards
from zettai.core.key_settings import SecretKeys
from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.loggers import get_logger
from zettai.core.message import Message
from zettai.core.new_message import NewMessage
from zettai.core.sealing import BrokenSeal
from zettai.core.settings import RESERVE_WITHIN
from zettai.core.states import State
from zettai.core.store.audit import AuditLog
from zettai.core.store.campaigns import CampaignStore
from zettai.core.store.content_digests import ContentDigests
from zettai.core.store.durability import Disk
from zettai.core.store.guards import REFUSED, GuardHashes, MessageGuards
from zettai.core.store.keys import Keys
from zettai.core.store.numbers import NumberIndex
from zettai.core.store.personal_data import fields_of, read_body
from zettai.core.store.records import DamagedRecord, to_message
from zettai.core.store.scanning import scan
from zettai.core.store.scripts import Scripts
from zettai.core.store.suppressions import SuppressionList, as_mismatch
from zettai.core.tasks import CHUNK, in_chunks, send_task_of
from zettai.core.times import from_milliseconds, milliseconds, to_milliseconds

logger = get_logger("zettai.store")

RESERVE_FROM = timedelta(minutes=2)
"""A message whose send time is nearer than this waits in the store. The provider schedules by the minute."""

CANCEL_GRACE = timedelta(seconds=30)
"""After this time, a new task is published for a cancel whose task was lost."""

BATCH = 500
"""Messages that one script call works on: enough for few round trips, and few enough not to block Redis for long."""

BuildTask: TypeAlias = Callable[[Lane, Sequence[str]], str]
"""Returns a task that sends the messages with these tags, as it stands in the queue of the lane."""

_SEND_TASKS = json.dumps({lane: send_task_of(lane) for lane in SENDING_LANES})
"""The names of the tasks that send new messages, by lane, as `create.lua` reads them."""

_OTHERS = frozenset({"same", "suppressed"})
"""Answers of `create.lua` for messages that are not new or not `queued`."""


class MessageStore:
    """The messages of one account. They can be read by any of the accounts, and are changed by their own."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        build_task: BuildTask | None = None,
        sms_code: str | None = None,
        *,
        reserve_within: timedelta = RESERVE_WITHIN,
        secrets: SecretKeys = SecretKeys(),  # noqa: B008 - it is frozen
        guards: Guards = NO_GUARDS,
    ) -> None:
        """Build a store.

        Args:
            redis: the connections.
            keys: the names of the keys.
            build_task: builds the tasks of new messages. Without it they have no task until the sweep publishes one.
            sms_code: the sender code of messages that name none. Workers need it to claim messages.
            reserve_within: a message whose send time is farther than this waits in the store.
            secrets: the keys of the suppression list, of the index by number, and of the encryption at rest.
            guards: what new messages are refused for.
        """
        self.redis = redis
        self.keys = keys
        self.sms_code = sms_code
        self._build_task = build_task
        self._reserve_between = str(milliseconds(RESERVE_FROM)), str(milliseconds(reserve_within))
        self.scripts = Scripts(redis, keys)
        self.campaigns = CampaignStore(redis, keys, self.scripts)
        self.secrets = secrets
        self.suppressions = SuppressionList(redis, keys, self.scripts, secrets.suppressions)
        self.digests = ContentDigests(redis, keys, secrets)
        self.numbers = NumberIndex(redis, keys, secrets.index)
        self.audit = AuditLog(redis, keys)
        self._guards = MessageGuards(guards, GuardHashes(redis, keys, secrets.of_counters), keys)

    def create(self, messages: Sequence[NewMessage]) -> list[CreateResult]:
        """Record new messages as `queued` and push their tasks, in one atomic step.

        A message whose tag exists is not changed. If it still waits for a task, a task for it is pushed again. A
        message to a suppressed number is recorded as `canceled`. The result of one that a guard refused has the error.

        Raises:
            SuppressionKeyMismatch: the suppression list belongs to another key. Nothing was recorded.
        """
        return self._results(messages, self._create(messages, partial(self.scripts.run, "create")))

    def create_durably(self, messages: Sequence[NewMessage], disk: Disk) -> list[CreateResult]:
        """Record new messages like `create`, and wait until they are on disk.

        A result has `NotDurable` if that is not certain.

        Raises:
            DurabilityUnavailable: this Redis cannot tell what is on disk. Nothing was recorded.
            SuppressionKeyMismatch: the suppression list belongs to another key. Nothing was recorded.
        """
        are_on_disk = True

        def run(keys: Iterable[str], *arguments: str) -> list[str]:
            nonlocal are_on_disk
            answers, is_on_disk = self.scripts.run_durably(disk, "create", keys, *arguments)
            are_on_disk = are_on_disk and is_on_disk
            return cast("list[str]", answers)

        results = self._results(messages, self._create(messages, run))
        if are_on_disk:
            return results
        return [
            replace(result, error=NotDurable(result.message.client_tag)) if result.message else result
            for result in results
        ]

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

    def cancel(self, client_tags: Sequence[str], owner: str | None = None) -> list[str]:
        """Cancel messages that were not sent yet, and record a cancel request for the others.

        Args:
            client_tags: the messages.
            owner: the messages of other owners count as not found; None cancels those of any.

        Returns:
            For each message "canceled", "pending", "reserved" (pending: a cancel task must be published), "too_late" or
            "not_found".
        """
        arguments = (*self._cancel_arguments, owner or "")
        answers = self._run_for_each("cancel", client_tags, self._keys(client_tags), *arguments)
        return [_cancel_outcome(answer) for answer in answers]

    def cancel_durably(
        self, client_tags: Sequence[str], disk: Disk, owner: str | None = None
    ) -> tuple[list[str], bool]:
        """Cancel messages like `cancel`, and wait until that is on disk. Also return whether it is certain.

        Raises:
            DurabilityUnavailable: this Redis cannot tell what is on disk. Nothing was recorded.
        """
        arguments = (json.dumps(list(client_tags)), *self._cancel_arguments, owner or "")
        answers, on_disk = self.scripts.run_durably(disk, "cancel", self._keys(client_tags), *arguments)
        self._report_quarantined(client_tags, answers)
        return [_cancel_outcome(answer) for answer in answers], on_disk

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
            owner = MessageStore(self.redis, replace(self.keys, account=record.get("account")))
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

    def request_bulk_cancel(self, group: str | None) -> None:
        """Record that all reservations of a group, or with None of the account, are to be canceled by one call.

        The right to make the call is given once, within a minute: see `take_bulk_cancel`.
        """
        self.redis.hset(self.keys.bulk_cancels, f"requested{bulk_cancel_name(group)}", to_milliseconds(self.now()))

    def _create(self, messages: Sequence[NewMessage], run: Callable[..., list[str]]) -> list[str]:
        """Run `create.lua`, and again for messages whose record has a digest of another key.

        Without that key, a message cannot be compared, and is a conflict.
        """
        with self._mismatch_errors():
            answers = run(self._keys_of(messages), *self._create_arguments(messages))
            if "other_key" not in answers:
                return answers
            differing = [new for new, answer in zip(messages, answers, strict=True) if answer == "other_key"]
            digests = self.digests.as_recorded(differing)
            again = [new for new in differing if new.client_tag in digests]
            compared = run(self._keys_of(again), *self._create_arguments(again, digests)) if again else []
        found = {new.client_tag: answer for new, answer in zip(again, compared, strict=True)}
        return [
            found.get(new.client_tag, "conflict") if answer == "other_key" else answer
            for new, answer in zip(messages, answers, strict=True)
        ]

    def _results(self, messages: Sequence[NewMessage], answers: Sequence[str]) -> list[CreateResult]:
        """Return what `create.lua` did with each message. Those that are not `queued` now are read from Redis."""
        others = [new.client_tag for new, answer in zip(messages, answers, strict=True) if answer in _OTHERS]
        existing = {message.client_tag: message for message in self.messages(others)}
        results = []
        # All new ones have the same time.
        times = {answer: from_milliseconds(answer) for answer in set(answers) if answer.isdigit()}
        for new, answer in zip(messages, answers, strict=True):
            message = existing.get(new.client_tag) if answer in _OTHERS else None
            if message is not None and message.is_repeated_by(new):
                results.append(CreateResult(message=message, repeated=answer == "same"))
            elif answer.startswith(REFUSED):
                results.append(CreateResult(error=self._guards.error_of(new, answer, self.now())))
            elif answer not in times:
                results.append(CreateResult(error=TagConflict(new.client_tag)))
            else:
                results.append(CreateResult(message=Message.from_new(new, times[answer])))
        return results

    def _create_arguments(self, messages: Sequence[NewMessage], digests: Mapping[str, str] | None = None) -> list[str]:
        """Return the ARGV of `create.lua`: the messages, and the tasks that send them.

        Args:
            messages: the new messages.
            digests: those that differ from what the present key makes, by tag.
        """
        given = digests or {}
        key = self.suppressions.key
        records = [
            to_record(new, given.get(new.client_tag) or self.digests.of(new.content), self.secrets)
            | self._guards.describe(new)
            for new in messages
        ]
        tasks: list[str] = []
        if self._build_task is not None:
            lanes: dict[Lane, list[dict[str, Any]]] = {}
            for record in records:
                lanes.setdefault(record["lane"], []).append(record)
            for lane, of_lane in lanes.items():
                for chunk in in_chunks(of_lane):
                    tasks.append(self._build_task(lane, [record["tag"] for record in chunk]))
                    for record in chunk:
                        record["task"] = len(tasks)
        fingerprint = "" if key is None else key.fingerprint
        shared = (*self._reserve_between, _SEND_TASKS, str(CHUNK), fingerprint, self._guards.rules)
        return [json.dumps(records), *shared, *tasks]

    @property
    def _cancel_arguments(self) -> tuple[str, ...]:
        return str(milliseconds(CANCEL_GRACE)), *self._reserve_between

    @contextmanager
    def _mismatch_errors(self) -> Iterator[None]:
        """Translate the error of a script that finds the suppression list with another key."""
        try:
            yield
        except ResponseError as error:
            raise as_mismatch(error, self.suppressions.key) or error from None

    def _keys(self, client_tags: Iterable[str]) -> list[str]:
        return [key for tag in client_tags for key in (self.keys.message(tag), self.keys.body(tag))]

    def _keys_of(self, messages: Iterable[NewMessage]) -> list[str]:
        return [key for new in messages for key in self._keys_with_counter(new)]

    def _keys_with_counter(self, new: NewMessage) -> tuple[str, ...]:
        keys = self._keys_with_indexes(new.client_tag, new.group, new.owner)
        return *keys, self._guards.counter_of(new, unused=keys[0])

    def _keys_with_indexes(self, client_tag: str, group: str | None, owner: str | None) -> tuple[str, str, str, str]:
        record = self.keys.message(client_tag)
        indexes = (
            record if group is None else self.keys.group(group),
            record if owner is None else self.keys.owned(owner),
        )
        return record, self.keys.body(client_tag), *indexes


def _cancel_outcome(answer: str | None) -> str:
    """Return the outcome of a cancel. A damaged record counts as no message."""
    return "not_found" if answer is None or answer == "quarantined" else answer


def bulk_cancel_name(group: str | None) -> str:
    """Return the name under which the bulk cancels of a group are recorded: empty for the whole account."""
    return "" if group is None else f" {group}"


def to_record(new: NewMessage, digest: str, secrets: SecretKeys) -> dict[str, Any]:
    """Return a message in the form that `create.lua` reads."""
    to_key = None if secrets.suppressions is None else secrets.suppressions.hash_of(new.to)
    number_hash = secrets.index[0].hash_of(new.to) if secrets.index else None
    person, body = fields_of(new, secrets.sealer)
    fields = {**person, "group": new.group, "carrier": new.carrier, "sender": new.sender}
    fields |= {"to_key": to_key, "number_hash": number_hash, "category": new.category}
    fields |= {"created_by": new.created_by, "team": new.team, "account": new.account}
    fields["traceparent"] = new.traceparent
    if new.send_at:
        fields["send_at"] = str(to_milliseconds(new.send_at))
    record: dict[str, Any] = {
        "tag": new.client_tag,
        "digest": digest,
        "lane": new.lane,
        "carrier": new.carrier or "unknown",
        "body": body,
        "expires_in": milliseconds(new.expires_in),
        "fields": [part for field in fields.items() if field[1] is not None for part in field],
    }
    if new.group is not None:
        record["group"] = new.group
    if new.created_by is not None:
        record |= {"created_by": new.created_by, "owner": new.owner}
    if new.send_at:
        record["send_at"] = to_milliseconds(new.send_at)
    if number_hash is not None:
        record["number_hash"] = number_hash
    if to_key is not None:
        record |= {"to_key": to_key} | ({"category": new.category} if new.category is not None else {})
    return record
