"""What is known at the end of a run: what was requested, what the store has, and what the provider did."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple, Self

from redis import Redis

from zettai import CancelOutcome, Message
from zettai.core.events import MessageEvent
from zettai.core.lanes import SENDING_LANES, TURN_LANES, Lane
from zettai.core.store.events import read_events
from zettai.core.store.keys import Keys
from zettai_demo.request_log import GroupCancelResult, Request, RequestLog
from zettai_demo.stack import Stack, wait_until


class FinalStatus(IntEnum):
    """The provider's `statusId` of a message that has a result."""

    DELIVERED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class ProviderRecord:
    """A message as the provider accepted it.

    Attributes:
        sent: it went to the carrier; otherwise its reservation is open or canceled.
        canceled: its reservation was canceled.
        final_status: the last `statusId` that it has or will have.
        accepted_at: seconds since the epoch.
        requests: number of requests to send it.
    """

    client_tag: str
    to: str = field(repr=False)
    body: str = field(repr=False)
    sent: bool
    canceled: bool
    final_status: int
    accepted_at: float
    requests: int

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read one record of the simulator's control API."""
        return cls(
            client_tag=values["clientTag"] or "",
            to=values["phoneNumber"],
            body=values["message"],
            sent=values["state"] == "sent",
            canceled=values["state"] == "cancelled",
            final_status=values["finalStatusId"],
            accepted_at=values["takenAt"] / 1e6,
            requests=values["requests"],
        )


class JournalEntry(NamedTuple):
    """A message in the provider's journal, which is on disk before the provider answers."""

    client_tag: str
    to: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that the oracle compares.

    Attributes:
        requests: the messages that were accepted from producers, by client tag; also the recorded successors of others.
        successors: the tag of the message that was to be sent in place of another one, by the tag of that one.
        cancels: the last outcome of each cancel, by client tag.
        groups: the result of each group cancel.
        suppressions: when the suppression of each number was acknowledged, in seconds since the epoch.
        refused: number of messages that were rejected at once.
        messages: the messages that the store lists, each as often as it is listed.
        records: the messages that the provider accepted, in that order.
        journal: the same, from the provider's journal.
        events: what applications can read about the messages.
        received_events: the ids of the events that a webhook endpoint got, in that order; None without an endpoint.
        late: messages without a final state when the time for that was over, and their states then.
        work_left: number of entries in queues and indexes of work, by key; empty ones are left out.
        worst_second: the most calls in any sliding second.
        limit: the allowed calls a second.
    """

    requests: Mapping[str, Request]
    successors: Mapping[str, str] = field(default_factory=dict)
    cancels: Mapping[str, CancelOutcome]
    groups: Sequence[GroupCancelResult]
    refused: int
    messages: Sequence[Message]
    records: Sequence[ProviderRecord]
    journal: Sequence[JournalEntry]
    events: Sequence[MessageEvent] = ()
    received_events: Sequence[str] | None = None
    suppressions: Mapping[str, float] = field(default_factory=dict)
    late: Mapping[str, str] = field(default_factory=dict)
    work_left: Mapping[str, int] = field(default_factory=dict)
    worst_second: int
    limit: int


def collect(
    stack: Stack,
    log: RequestLog,
    journal: Path,
    *,
    late: Mapping[str, str],
    work_left: Mapping[str, int],
    limit: int,
    received_events: Sequence[str] | None = None,
) -> Evidence:
    """Read the store and the provider; the arguments are parts of the evidence that are known already."""
    messages = list(stack.client.list())
    recorded = {message.client_tag for message in messages}
    successors = {new.client_tag: new for new in log.successors.values() if new.client_tag in recorded}
    return Evidence(
        requests=log.requests | successors,
        successors={tag: new.client_tag for tag, new in log.successors.items()},
        cancels=log.cancels,
        groups=log.groups,
        suppressions=log.suppressions,
        refused=len(log.refused),
        messages=messages,
        records=[ProviderRecord.from_json(values) for values in stack.simulator.records()],
        journal=read_journal(journal),
        events=list(read_events(stack.store.redis, stack.store.keys)),
        received_events=received_events,
        late=late,
        work_left=work_left,
        worst_second=stack.simulator.stats()["worstSecond"],
        limit=limit,
    )


def read_journal(path: Path) -> list[JournalEntry]:
    """Read the provider's journal."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [JournalEntry(line["clientTag"] or "", line["phoneNumber"], line["message"]) for line in lines]


def unfinished(stack: Stack, log: RequestLog) -> dict[str, str]:
    """Return the messages without a final state, and their states."""
    messages = (message for message in stack.store.get(log.requests) if message is not None)
    return {message.client_tag: message.state for message in messages if not message.state.is_final}


def queued_work(redis: Redis, keys: Keys) -> dict[str, int]:
    """Return the number of entries in queues and indexes of work, by key; empty ones are left out."""
    sizes: dict[str, Any] = {keys.queue(lane): redis.llen(keys.queue(lane)) for lane in Lane}
    sizes |= {keys.waiting(lane): redis.zcard(keys.waiting(lane)) for lane in SENDING_LANES}
    sizes |= {keys.turns(lane): redis.zcard(keys.turns(lane)) for lane in TURN_LANES}
    sizes |= {key: redis.zcard(key) for key in (keys.due_to_send, keys.due_to_check)}
    return {key: size for key, size in sizes.items() if size}


def unacknowledged_tasks(redis: Redis, keys: Keys) -> dict[str, int]:
    """Return the number of tasks that a worker has, or had when it was killed, by Celery's two keys for them."""
    tasks, index = f"{keys.broker}unacked", f"{keys.broker}unacked_index"
    sizes: dict[str, Any] = {tasks: redis.hlen(tasks), index: redis.zcard(index)}
    return {key: size for key, size in sizes.items() if size}


def wait_for_no_work(read: Callable[[], dict[str, int]], timeout: float) -> dict[str, int]:
    """Read the work that is left until there is none; return the last reading, which is empty or what stays."""
    left: dict[str, int] = {}

    def is_done() -> bool:
        left.clear()
        left.update(read())
        return not left

    wait_until(is_done, timeout)
    return left
