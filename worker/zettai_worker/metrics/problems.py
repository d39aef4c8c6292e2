"""The latest problems of messages, for `zettai top` and the console. The cost does not grow with their number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zettai.core.lanes import Lane
from zettai.core.logging import PHONE_NUMBER
from zettai.core.phone_numbers import mask
from zettai.core.states import State
from zettai.core.store import MessageStore
from zettai.core.times import from_milliseconds

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


@dataclass(frozen=True, slots=True)
class MessageProblem:
    """A message that failed, whose outcome is unknown, or that will be retried. Numbers in the reason are masked."""

    at: datetime
    client_tag: str
    lane: Lane
    state: State
    attempts: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        return {
            "at": self.at.isoformat(),
            "client_tag": self.client_tag,
            "lane": self.lane.value,
            "state": self.state.value,
            "attempts": self.attempts,
            "reason": self.reason,
        }


def read_problems(store: MessageStore) -> tuple[MessageProblem, ...]:
    """Return the latest problems, from the newest messages of each state and the last ones to be retried.

    Raises:
        RedisError: Redis does not answer.
    """
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
