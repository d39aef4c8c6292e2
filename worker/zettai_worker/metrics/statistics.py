"""Statistics of all messages, queues and due work, for `zettai top` and the exporter.

They are read from Redis with about forty commands in four round trips, however many messages there are: lengths, first
entries and counts of sorted sets. No record is read, so the statistics contain no phone number, client tag or text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from zettai.core.lanes import Lane
from zettai.core.states import FINAL, State
from zettai.core.store import MessageStore
from zettai.core.store.guards import GUARD_NAMES
from zettai.core.store.loops import Producer, read_producers
from zettai.core.store.memory import MemoryUse, read_memory_use
from zettai.core.store.suspension import PAUSED, read_suspensions
from zettai.core.times import from_milliseconds, to_milliseconds

OPEN_STATES = tuple(state for state in State if state not in FINAL)
"""The states that are not final."""

SUPPRESSION_STAGES = ("accepted", "claimed", "reserved")
"""When a message was found to be suppressed: as it was recorded, before it was sent, or after it was submitted."""

REPLACEMENT_OUTCOMES = ("replaced", "too_late", "canceled", "superseded")
"""How a replacement can end."""

FAR = timedelta(hours=1)
"""Retries and lost tasks are due sooner, so what is due later is a reservation. With a `ZETTAI_HOLD_FOR` of more than a
minute, it may also be a parked message.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The statistics at one moment. All ages are by the clock of Redis.

    Attributes:
        at: the moment.
        queued_tasks: the tasks in each lane's Celery queue, without those that workers have taken.
        states: the number of messages in each state.
        oldest: for each state that is not final, how long its oldest message has been in it; None if it has none. In
            `scheduled` that can be weeks.
        due_to_send: the messages that are due to be sent, and for which no task is published yet.
        far_reservations: the reservations that wait here for more than an hour, until the provider may have them.
        due_to_check: the messages whose status check is due, and for which no task is published yet.
        check_lag: how late the oldest of these checks is; zero if none is due.
        held: why all sending is suspended; None if it is not, or if it is only paused.
        paused: whether messages wait because all calls are paused.
        provider_down: whether it is suspended because the circuit is open.
        held_senders: why messages from single sender codes are suspended, by code.
        quarantined: the damaged records that are put aside.
        suppressed: the messages that were canceled as suppressed, by the stage at which that was found.
        suppressed_numbers: the size of the suppression list.
        replacements: how many replacements had each outcome.
        replacements_pending: those whose cancel at the provider is not confirmed.
        refused: the messages that were refused as they were sent, by guard.
        memory: the memory of Redis; None if this user may not run INFO.
        producers: what the loop guard knows about each producer; empty if it is switched off.
    """

    at: datetime
    queued_tasks: Mapping[Lane, int]
    states: Mapping[State, int]
    oldest: Mapping[State, timedelta | None]
    due_to_send: int
    far_reservations: int
    due_to_check: int
    check_lag: timedelta
    held: str | None
    paused: bool
    provider_down: bool
    held_senders: Mapping[str, str]
    quarantined: int
    suppressed: Mapping[str, int]
    suppressed_numbers: int
    replacements: Mapping[str, int]
    replacements_pending: int
    refused: Mapping[str, int]
    memory: MemoryUse | None
    producers: Sequence[Producer]


def read_statistics(store: MessageStore) -> Statistics:
    """Read the statistics.

    Raises:
        RedisError: Redis does not answer.
    """
    keys = store.keys
    seconds, microseconds = store.redis.time()
    now = from_milliseconds(seconds * 1000 + microseconds / 1000)
    with store.redis.pipeline(transaction=False) as pipe:
        for lane in Lane:
            pipe.llen(keys.queue(lane))
        for state in State:
            pipe.zcard(keys.state(state))
        for state in OPEN_STATES:
            pipe.zrange(keys.state(state), 0, 0, withscores=True)
        pipe.zcount(keys.due_to_send, "-inf", to_milliseconds(now))
        pipe.zcount(keys.due_to_send, to_milliseconds(now + FAR), "+inf")
        pipe.zcount(keys.due_to_check, "-inf", to_milliseconds(now))
        pipe.zrange(keys.due_to_check, 0, 0, withscores=True)
        pipe.hgetall(keys.suspension)
        pipe.zcard(keys.quarantine)
        pipe.hgetall(keys.suppressed)
        pipe.hlen(keys.suppressions)
        pipe.hgetall(keys.replacement_outcomes)
        pipe.hgetall(keys.refused)
        pipe.hgetall(keys.loops)
        answers = iter(pipe.execute())
    return Statistics(
        at=now,
        queued_tasks={lane: next(answers) for lane in Lane},
        states={state: next(answers) for state in State},
        oldest={state: _age(next(answers), now) for state in OPEN_STATES},
        due_to_send=next(answers),
        far_reservations=next(answers),
        due_to_check=next(answers),
        check_lag=_age(next(answers), now) or timedelta(),
        **_suspension(next(answers)),
        quarantined=next(answers),
        suppressed=dict.fromkeys(SUPPRESSION_STAGES, 0) | {name: int(count) for name, count in next(answers).items()},
        suppressed_numbers=next(answers),
        **_replacements(next(answers)),
        refused=dict.fromkeys(GUARD_NAMES, 0) | {name: int(count) for name, count in next(answers).items()},
        producers=read_producers(next(answers)),
        memory=read_memory_use(store.redis, keys),
    )


def add_up(accounts: Sequence[Statistics]) -> Statistics:
    """Return the statistics of several accounts together: sums, and the largest ages.

    The reasons of suspensions are not part of them: they belong to an account each.
    """
    first = accounts[0]
    return replace(
        first,
        queued_tasks={lane: sum(one.queued_tasks[lane] for one in accounts) for lane in Lane},
        states={state: sum(one.states[state] for one in accounts) for state in State},
        oldest={
            state: max((age for one in accounts if (age := one.oldest[state])), default=None) for state in first.oldest
        },
        due_to_send=sum(one.due_to_send for one in accounts),
        far_reservations=sum(one.far_reservations for one in accounts),
        due_to_check=sum(one.due_to_check for one in accounts),
        check_lag=max(one.check_lag for one in accounts),
        quarantined=sum(one.quarantined for one in accounts),
        suppressed={stage: sum(one.suppressed[stage] for one in accounts) for stage in first.suppressed},
        replacements={name: sum(one.replacements[name] for one in accounts) for name in first.replacements},
        replacements_pending=sum(one.replacements_pending for one in accounts),
        refused={guard: sum(one.refused[guard] for one in accounts) for guard in first.refused},
        producers=[producer for one in accounts for producer in one.producers],
    )


def _age(first: Sequence[tuple[str, float]], now: datetime) -> timedelta | None:
    """Return how long ago the first entry's time was; zero for a future time, None without an entry."""
    return max(now - from_milliseconds(first[0][1]), timedelta()) if first else None


def _replacements(fields: Mapping[str, str]) -> Mapping[str, Any]:
    counts = dict.fromkeys(REPLACEMENT_OUTCOMES, 0) | {name: int(count) for name, count in fields.items()}
    pending = counts.pop("pending", 0)
    return {"replacements": counts, "replacements_pending": pending}


def _suspension(fields: Mapping[str, str]) -> Mapping[str, Any]:
    suspended = {one.sender: one for one in read_suspensions(fields)}
    account = suspended.pop(None, None)
    paused = account is not None and account.reason == PAUSED
    return {
        "held": account.reason if account is not None and not paused else None,
        "paused": paused,
        "provider_down": account is not None and account.circuit_open,
        "held_senders": {sender: one.reason for sender, one in sorted(suspended.items())},
    }
