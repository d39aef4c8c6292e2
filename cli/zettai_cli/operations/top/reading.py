"""How a frame is read from Redis: some sixty commands in five round trips, however many messages there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from zettai import Lane, State
from zettai.core.logging import PHONE_NUMBER
from zettai.core.phone_numbers import mask
from zettai.core.store import MessageStore
from zettai.core.times import from_milliseconds, to_milliseconds
from zettai_cli.operations.top.frame import Beat, Frame, Trouble
from zettai_worker.limiter import Limiter
from zettai_worker.metrics.statistics import read_figures

TROUBLED = (
    State.SUBMIT_UNKNOWN,
    State.UNDELIVERED,
    State.DELIVERY_UNKNOWN,
    State.REJECTED,
    State.EXPIRED,
    State.FAILED,
)
"""States with a reason worth a line. The reason of all that are held is shown once, as the hold's."""

ORDINARY = frozenset({"created", "try again"})
"""Reasons of queued messages that nothing went wrong with: they wait for their time."""

SHOWN = 8
"""The latest troubles that are shown."""

FIELDS = ("state", "since", "reason", "lane", "attempts")


def read_frame(store: MessageStore, limiter: Limiter, workers: tuple[str, ...] | None) -> Frame:
    """Read how everything stands.

    Raises:
        RedisError: Redis does not answer.
        LimiterUnavailable: likewise.
    """
    figures = read_figures(store)
    return Frame(figures, limiter.state(), _troubles(store), _beat(store, figures.at), workers)


def _troubles(store: MessageStore) -> tuple[Trouble, ...]:
    """The latest troubles: out of the newest of each state, and of those that are to be tried again last."""
    with store.redis.pipeline(transaction=False) as pipe:
        for state in TROUBLED:
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
    found = (_trouble(tag, dict(zip(FIELDS, values, strict=True))) for tag, values in zip(tags, records, strict=True))
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.at, reverse=True)[:SHOWN])


def _trouble(tag: str, record: Mapping[str, Any]) -> Trouble | None:
    """A message as a trouble, if it is one: it may have moved on, or wait for its time."""
    if record["state"] is None:
        return None
    state, reason = State(record["state"]), str(record["reason"])
    if state not in TROUBLED and (state is not State.QUEUED or reason in ORDINARY):
        return None
    return Trouble(
        at=from_milliseconds(record["since"]),
        client_tag=tag,
        lane=Lane(record["lane"]),
        state=state,
        attempts=int(record["attempts"] or 0),
        reason=PHONE_NUMBER.sub(lambda number: mask(number.group()), reason),
    )


def _beat(store: MessageStore, now: datetime) -> Beat:
    """Whether a beat holds the lock, and how late it is: its schedule goes by the time of each next tick."""
    with store.redis.pipeline(transaction=False) as pipe:
        pipe.exists(store.keys.beat(":lock"))
        pipe.zrange(store.keys.beat(":schedule"), 0, 0, withscores=True)
        locked, first = pipe.execute()
    return Beat(bool(locked), _lag(first, now))


def _lag(first: Sequence[tuple[str, float]], now: datetime) -> timedelta | None:
    if not first:
        return None
    late = to_milliseconds(now) / 1000 - first[0][1]
    return timedelta(seconds=max(late, 0.0))
