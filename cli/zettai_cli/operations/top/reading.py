"""Reads a snapshot from Redis. The cost does not grow with the number of messages."""

from collections.abc import Mapping
from typing import Any

from zettai import Lane, State
from zettai.core.logging import PHONE_NUMBER
from zettai.core.phone_numbers import mask
from zettai.core.store import MessageStore
from zettai.core.times import from_milliseconds
from zettai_cli.operations.top.snapshot import MessageProblem, Snapshot
from zettai_worker.limiter import Limiter
from zettai_worker.metrics.statistics import read_statistics
from zettai_worker.ticks import read_beat_status

PROBLEM_STATES = (
    State.SUBMIT_UNKNOWN,
    State.UNDELIVERED,
    State.DELIVERY_UNKNOWN,
    State.REJECTED,
    State.EXPIRED,
    State.FAILED,
)
"""States whose messages are listed. The reason of all `held` messages is shown once, for the account."""

NORMAL_REASONS = frozenset({"created", "try again"})
"""Reasons of queued messages that have no problem: they wait for their send time."""

SHOWN = 8
"""Number of latest problems that are shown."""

FIELDS = ("state", "since", "reason", "lane", "attempts")


def read_snapshot(store: MessageStore, limiter: Limiter, workers: tuple[str, ...] | None) -> Snapshot:
    """Read a snapshot.

    Raises:
        RedisError: Redis does not answer.
        LimiterUnavailable: Redis does not answer the limiter.
    """
    return Snapshot(read_statistics(store), limiter.state(), _problems(store), read_beat_status(store), workers)


def _problems(store: MessageStore) -> tuple[MessageProblem, ...]:
    """Return the latest problems, from the newest messages of each state and the last ones to be retried."""
    with store.redis.pipeline(transaction=False) as pipe:
        for state in PROBLEM_STATES:
            pipe.zrange(store.keys.state(state), 0, SHOWN - 1, desc=True, withscores=True)
        pipe.zrange(store.keys.due_to_send, 0, SHOWN - 1, desc=True)
        *by_state, due = pipe.execute()
    newest = sorted((entry for entries in by_state for entry in entries), key=lambda entry: -entry[1])[:SHOWN]
    tags = dict.fromkeys([*(tag for tag, _ in newest), *due])
    if not tags:
        return ()
    with store.redis.pipeline(transaction=False) as pipe:
        for tag in tags:
            pipe.hmget(store.keys.message(tag), FIELDS)
        records = pipe.execute()
    found = (_problem(tag, dict(zip(FIELDS, values, strict=True))) for tag, values in zip(tags, records, strict=True))
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.at, reverse=True)[:SHOWN])


def _problem(tag: str, record: Mapping[str, Any]) -> MessageProblem | None:
    """Return the problem of a message, or None: its state may have changed, or it waits for its send time."""
    if record["state"] is None:
        return None
    state, reason = State(record["state"]), str(record["reason"])
    if state not in PROBLEM_STATES and (state is not State.QUEUED or reason in NORMAL_REASONS):
        return None
    return MessageProblem(
        at=from_milliseconds(record["since"]),
        client_tag=tag,
        lane=Lane(record["lane"]),
        state=state,
        attempts=int(record["attempts"] or 0),
        reason=PHONE_NUMBER.sub(lambda number: mask(number.group()), reason),
    )
