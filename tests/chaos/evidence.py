"""What is known when the storm is over: what was asked for and told, the store's word, and the provider's truth."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis

from zettai import CancelOutcome, Message, SmsClient
from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.store import MessageStore
from zettai.core.store.keys import Keys
from zettai_simulator import SimulatorProcess

SENT = "sent"
CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that a producer accepted. Its text is its own, so that a copy under any tag is found.

    Attributes:
        brief: it expires early, and is canceled in mid-flight: it may end as expired, or unknown for ever.
    """

    client_tag: str
    to: str
    body: str
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A message as the provider noted it on disk, before it answered."""

    client_tag: str
    to: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that the verdict looks at.

    Attributes:
        asked: what was accepted, by tag.
        told: the last answer to each cancel.
        store: what the store has for each of them.
        taken: the provider's journal, in the order of taking.
        truth: the provider's state (`sent`, `cancelled`, `reserved`) and last statusId, by tag.
        late: those that were not at their end when the patience after the storm was over, with their states then.
        left: work that is still there: queues, unacknowledged tasks, indexes, by key.
        worst_second: the most calls in any sliding second, by the kernel's time stamps.
    """

    asked: Mapping[str, Asked]
    told: Mapping[str, CancelOutcome]
    store: Mapping[str, Message]
    taken: Sequence[Taken]
    truth: Mapping[str, tuple[str, int]]
    late: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    worst_second: int = 0


def gather(
    asked: Mapping[str, Asked],
    told: Mapping[str, CancelOutcome],
    store: MessageStore,
    simulator: SimulatorProcess,
    journal: Path,
    *,
    late: Mapping[str, str],
) -> Evidence:
    """Ask everybody."""
    return Evidence(
        asked=asked,
        told=told,
        store={message.client_tag: message for message in store.get(asked) if message is not None},
        taken=read_journal(journal),
        truth={one["clientTag"]: (one["state"], one["finalStatusId"]) for one in simulator.truth()},
        late=late,
        left=work_left(store.redis, store.keys),
        worst_second=simulator.stats()["worstSecond"],
    )


def read_journal(path: Path) -> list[Taken]:
    """What the provider noted."""
    lines = (json.loads(line) for line in path.read_text().splitlines())
    return [Taken(line["clientTag"] or "", line["phoneNumber"], line["message"]) for line in lines]


def unacknowledged(keys: Keys) -> tuple[str, str]:
    """Celery's keys of tasks that some worker has, or had when it died."""
    return f"{keys.broker}unacked", f"{keys.broker}unacked_index"


def work_left(redis: Redis, keys: Keys) -> dict[str, int]:
    """How much stands in queues and indexes of work, by key; empty ones are left out."""
    hash_, index = unacknowledged(keys)
    sizes: dict[str, Any] = {keys.queue(lane): redis.llen(keys.queue(lane)) for lane in Lane}
    sizes |= {keys.waiting(lane): redis.zcard(keys.waiting(lane)) for lane in SENDING_LANES}
    sizes |= {key: redis.zcard(key) for key in (keys.due_to_send, keys.due_to_check, index)}
    sizes[hash_] = redis.hlen(hash_)
    return {key: size for key, size in sizes.items() if size}


def ask_again(client: SmsClient, told: dict[str, CancelOutcome]) -> None:
    """Learn the end of cancels that were pending, as any caller would."""
    for client_tag, outcome in list(told.items()):
        if outcome is CancelOutcome.PENDING:
            told[client_tag] = client.cancel(client_tag)
