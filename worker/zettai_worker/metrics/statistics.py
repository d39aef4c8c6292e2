"""How everything stands, in figures: what `zettai top` shows and what Prometheus is told. Read from Redis alone.

A reading costs some thirty commands in two round trips, however many messages there are: lengths, first entries and
counts of sorted sets. No record is read, so no number, tag or text can get into the figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from zettai.core.lanes import Lane
from zettai.core.states import FINAL, State
from zettai.core.store import MessageStore
from zettai.core.times import from_milliseconds, to_milliseconds

UNDER_WAY = tuple(state for state in State if state not in FINAL)
"""The states that a message does not stay in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How everything stands at one moment. All ages are by the clock of Redis.

    Attributes:
        at: the moment.
        queued_tasks: tasks in each lane's Celery queue; those that workers have taken are not among them.
        states: messages in each state.
        oldest: for each state that is not final, how long the message that came into it first has been there; None
            where there is none. In `scheduled` that may rightly be weeks.
        due_to_send: messages whose time to be sent (again) has come, and which nobody has taken up yet.
        due_to_check: messages whose status check is due, and which nobody has taken up yet.
        check_lag: how late the latest of those is; no time where none is due.
        held: why all sending is held; None where it is not.
        provider_down: whether that is because the provider is down.
    """

    at: datetime
    queued_tasks: Mapping[Lane, int]
    states: Mapping[State, int]
    oldest: Mapping[State, timedelta | None]
    due_to_send: int
    due_to_check: int
    check_lag: timedelta
    held: str | None
    provider_down: bool


def read_figures(store: MessageStore) -> Figures:
    """Read the figures.

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
        for state in UNDER_WAY:
            pipe.zrange(keys.state(state), 0, 0, withscores=True)
        for index in (keys.due_to_send, keys.due_to_check):
            pipe.zcount(index, "-inf", to_milliseconds(now))
        pipe.zrange(keys.due_to_check, 0, 0, withscores=True)
        pipe.hmget(keys.suspension, ["reason", "circuit_open"])
        answers = iter(pipe.execute())
    return Figures(
        at=now,
        queued_tasks={lane: next(answers) for lane in Lane},
        states={state: next(answers) for state in State},
        oldest={state: _age(next(answers), now) for state in UNDER_WAY},
        due_to_send=next(answers),
        due_to_check=next(answers),
        check_lag=_age(next(answers), now) or timedelta(),
        **_hold(next(answers)),
    )


def _age(first: Sequence[tuple[str, float]], now: datetime) -> timedelta | None:
    """How long ago the first entry's time was, if there is one; a time ahead is no age."""
    return max(now - from_milliseconds(first[0][1]), timedelta()) if first else None


def _hold(fields: Sequence[str | None]) -> Mapping[str, Any]:
    reason, circuit_open = fields
    return {"held": reason, "provider_down": circuit_open is not None}
