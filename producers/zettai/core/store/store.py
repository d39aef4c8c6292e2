"""The store as producers use it: record and cancel messages. `reading.py` reads them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias, cast

from pydantic_core import to_json
from redis import Redis
from redis.exceptions import ResponseError

from zettai.core.carriers import UNKNOWN_CARRIER
from zettai.core.create_result import CreateResult
from zettai.core.errors import NotDurable, TagConflict
from zettai.core.guards import NO_GUARDS, Guards
from zettai.core.key_settings import SecretKeys
from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.message import Message
from zettai.core.new_message import NewMessage
from zettai.core.settings import RESERVE_WITHIN
from zettai.core.store.audit import AuditLog
from zettai.core.store.campaigns import CampaignStore
from zettai.core.store.content_digests import ContentDigests
from zettai.core.store.durability import Disk
from zettai.core.store.guards import REFUSED, GuardHashes, MessageGuards
from zettai.core.store.keys import Keys
from zettai.core.store.personal_data import fields_of
from zettai.core.store.reading import MessageReader
from zettai.core.store.suppressions import SuppressionList, as_mismatch
from zettai.core.tasks import CHUNK, in_chunks, send_task_of
from zettai.core.times import from_milliseconds, milliseconds, to_milliseconds

RESERVE_FROM = timedelta(minutes=2)
"""A message whose send time is nearer than this waits in the store. The provider schedules by the minute."""

CANCEL_GRACE = timedelta(seconds=30)
"""After this time, a new task is published for a cancel whose task was lost."""

BuildTask: TypeAlias = Callable[[Lane, Sequence[str]], str]
"""Returns a task that sends the messages with these tags, as it stands in the queue of the lane."""

_SEND_TASKS = json.dumps({lane: send_task_of(lane) for lane in SENDING_LANES})
"""The names of the tasks that send new messages, by lane, as `create.lua` reads them."""

_OTHERS = frozenset({"same", "suppressed"})
"""Answers of `create.lua` for messages that are not new or not `queued`."""


class MessageStore(MessageReader):
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
        super().__init__(redis, keys, secrets)
        self.sms_code = sms_code
        self._build_task = build_task
        self._reserve_between = str(milliseconds(RESERVE_FROM)), str(milliseconds(reserve_within))
        self.campaigns = CampaignStore(redis, keys, self.scripts)
        self.suppressions = SuppressionList(redis, keys, self.scripts, secrets.suppressions)
        self.digests = ContentDigests(redis, keys, secrets)
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

    def request_bulk_cancel(self, group: str | None) -> None:
        """Record that all reservations of a group, or with None of the account, are to be canceled by one call.

        The right to make the call is given once, within a minute: see `take_bulk_cancel`.
        """
        self.redis.hset(self.keys.bulk_cancels, f"requested{bulk_cancel_name(group)}", to_milliseconds(self.now()))

    def _create(self, messages: Sequence[NewMessage], run: Callable[..., list[str]]) -> list[str]:
        """Run `create.lua`, and again for messages whose record has a digest of another key.

        Without that key, a message cannot be compared, and is a conflict.
        """

        def record(some: Sequence[NewMessage], digests: Mapping[str, str] | None = None) -> list[str]:
            keys, arguments = self._request(some, digests)
            return run(keys, *arguments)

        with self._mismatch_errors():
            answers = record(messages)
            if "other_key" not in answers:
                return answers
            differing = [new for new, answer in zip(messages, answers, strict=True) if answer == "other_key"]
            digests = self.digests.as_recorded(differing)
            again = [new for new in differing if new.client_tag in digests]
            compared = record(again, digests) if again else []
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

    def _request(
        self, messages: Sequence[NewMessage], digests: Mapping[str, str] | None = None
    ) -> tuple[list[str], list[str]]:
        """Return the KEYS of `create.lua`, and its ARGV: the messages, and the tasks that send them.

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
        keys = self._keys_of(messages, records)
        tasks: list[str] = []
        if self._build_task is not None:
            lanes: dict[str, list[dict[str, Any]]] = {}
            for record in records:
                lanes.setdefault(record["lane"], []).append(record)
            for lane, of_lane in lanes.items():
                for chunk in in_chunks(of_lane):
                    tasks.append(self._build_task(Lane(lane), [record["tag"] for record in chunk]))
                    for record in chunk:
                        record["task"] = len(tasks)
        fingerprint = "" if key is None else key.fingerprint
        shared = (*self._reserve_between, _SEND_TASKS, str(CHUNK), fingerprint, self._guards.rules)
        return keys, [to_json(records).decode(), *shared, *tasks]

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

    def _keys_of(self, messages: Sequence[NewMessage], records: Sequence[dict[str, Any]]) -> list[str]:
        """Return the KEYS of `create.lua`. Each record gets the positions of those that messages share."""
        keys = self._keys(new.client_tag for new in messages)
        positions: dict[str, int] = {}
        for new, record in zip(messages, records, strict=True):
            shared = (
                ("group_key", None if new.group is None else self.keys.group(new.group)),
                ("owner_key", None if new.owner is None else self.keys.owned(new.owner)),
                ("counter_key", self._guards.counter_of(new)),
            )
            for name, key in shared:
                if key is not None:
                    record[name] = positions.setdefault(key, len(keys) + len(positions))
        return [*keys, *positions]

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
    """Return a message in the form that `create.lua` reads.

    All values have plain types. For an enum, pydantic_core runs Python code, and loses what a signal handler raises
    meanwhile, such as KeyboardInterrupt.
    """
    carrier = None if new.carrier is None else str(new.carrier)
    to_key = None if secrets.suppressions is None else secrets.suppressions.hash_of(new.to)
    number_hash = secrets.index[0].hash_of(new.to) if secrets.index else None
    person, body = fields_of(new, secrets.sealer)
    fields = {
        **person,
        "group": new.group,
        "carrier": carrier,
        "sender": new.sender,
        "to_key": to_key,
        "number_hash": number_hash,
        "category": new.category,
        "created_by": new.created_by,
        "team": new.team,
        "account": new.account,
        "traceparent": new.traceparent,
        "send_at": str(to_milliseconds(new.send_at)) if new.send_at else None,
    }
    record: dict[str, Any] = {
        "tag": new.client_tag,
        "digest": digest,
        "lane": str(new.lane),
        "carrier": carrier or UNKNOWN_CARRIER,
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
