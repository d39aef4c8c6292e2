"""What workers may do with the store: claim, settle, and see to what is due, lost, held or too old."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import cast

import structlog
from redis.exceptions import ResponseError

from zettai.core.errors import ZettaiError
from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.states import AT_PROVIDER, FINAL, NEVER_SENT, State
from zettai.core.store.records import to_message
from zettai.core.store.store import BATCH, RESERVE_FROM, MessageStore
from zettai.core.times import JST, from_milliseconds, milliseconds, to_milliseconds

logger = structlog.get_logger("zettai.store")


class ForbiddenTransition(ZettaiError):  # noqa: N818 - reads as the fact that it states
    """A program asked for a transition that the table in states.py forbids; nothing was changed."""


class ClaimKind(StrEnum):
    """What a claim gives the right to do."""

    SEND = "send"
    """Ask the provider to send at once."""
    RESERVE = "reserve"
    """Ask the provider to send at the message's `send_at`."""
    LOOK_UP = "look_up"
    """Ask only whether the provider has it: it may have been taken, and must not be sent (again)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to act on a message until the lease runs out.

    Attributes:
        unsure: an earlier attempt may have been taken.
        token: the lease's; empty for a look-up, which needs none.
    """

    kind: ClaimKind
    message: Message
    body: str = field(repr=False)
    unsure: bool
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateUpdate:
    """What to record about a message, provided that it still stands where the orderer saw it.

    Attributes:
        expected_states: the states it must be in.
        token: the lease it must be held under, for `submitting`.
        to: the new state; None leaves it and only sets `fields` and the time of the next look.
        due_in: when somebody must look at it next.
        unspent: give the attempt back, since the provider was not asked.
    """

    client_tag: str
    expected_states: frozenset[State]
    token: str | None = None
    to: State | None = None
    reason: str = ""
    due_in: timedelta | None = None
    fields: Mapping[str, str | int] = field(default_factory=dict)
    unspent: bool = False


class WorkerStore(MessageStore):
    """The store as a worker uses it."""

    def claim(self, client_tags: Sequence[str], token: str, *, lease: timedelta, hold: timedelta) -> list[Claim]:
        """Claim what there is to do among some messages; the others are left out of the answer.

        Args:
            client_tags: the messages that a task woke us for.
            token: of this claim alone. Claiming again with it gives the same answer.
            lease: after this, a message that was not settled counts as perhaps sent.
            hold: while the account is held, how long until a message is tried again.
        """
        # A tag named twice would be answered twice, as if the claim were repeated, and then sent twice.
        once = list(dict.fromkeys(client_tags))
        answers = self.scripts.run(
            "claim",
            self._keys(once),
            json.dumps(once),
            token,
            milliseconds(lease),
            milliseconds(RESERVE_FROM),
            milliseconds(hold),
        )
        later = answers.count("later")
        if later:
            logger.warning("record_of_later_version", count=later, action="update this worker; they wait for one")
        claimed = ((tag, answer) for tag, answer in zip(once, answers, strict=True) if answer and answer != "later")
        return [_to_claim(tag, token, *answer) for tag, answer in claimed]

    def apply_updates(self, orders: Sequence[StateUpdate]) -> list[State | None]:
        """Record what became of messages; an order that came too late changes nothing.

        Returns:
            For each the state that it is in now, or None where the order came too late.

        Raises:
            ForbiddenTransition: an order asks for what the table of states forbids.
        """
        keys = self._keys(order.client_tag for order in orders)
        try:
            answers = self.scripts.run("apply_updates", keys, json.dumps([_to_json(order) for order in orders]))
        except ResponseError as error:
            if "FORBIDDEN" in str(error):
                raise ForbiddenTransition(str(error)) from None
            raise
        return [State(answer) if answer else None for answer in answers]

    def now(self) -> datetime:
        """The time of Redis, so that no worker's wall clock matters."""
        seconds, microseconds = self.redis.time()
        return from_milliseconds(seconds * 1000 + microseconds / 1000)

    def note_run(self, name: str) -> None:
        """Note that one of beat's rounds has come to its end: on this host or another, an alert asks for the latest."""
        self.redis.hset(self.keys.ran, name, to_milliseconds(self.now()))

    def take_due_to_send(self, *, lease: timedelta) -> list[str]:
        """Tags to be sent (again), or whose worker's lease ran out; leased to the caller."""
        return self._take_due(self.keys.due_to_send, lease)

    def take_due_to_check(self, *, lease: timedelta) -> list[str]:
        """Tags to be checked with the provider; leased to the caller."""
        return self._take_due(self.keys.due_to_check, lease)

    def _take_due(self, index: str, lease: timedelta) -> list[str]:
        return cast("list[str]", self.scripts.run("due", [index], BATCH, milliseconds(lease)))

    def wake(self, client_tags: Sequence[str], *, hold: timedelta) -> dict[Lane, list[str]]:
        """Make due messages ready to be claimed.

        Returns:
            The tags for which a task must be published, by lane.
        """
        lanes = self.scripts.run("wake", self._keys(client_tags), json.dumps(list(client_tags)), milliseconds(hold))
        ready: dict[Lane, list[str]] = {}
        for tag, lane in zip(client_tags, lanes, strict=True):
            if lane:
                ready.setdefault(Lane(lane), []).append(tag)
        return ready

    def take_orphans(self, lane: Lane, *, slack: timedelta) -> list[str]:
        """Tags of a lane whose task was lost, oldest first; a new task must be published for them."""
        keys = [self.keys.waiting(lane), self.keys.queue(lane)]
        return cast("list[str]", self.scripts.run("orphans", keys, lane, milliseconds(slack), BATCH))

    def hold_account(self, reason: str, *, again_in: timedelta, outage: bool = False) -> bool:
        """Hold all sending; `outage` where the provider is down. Tells whether it was not held before."""
        return bool(self.scripts.run("hold", [], reason, milliseconds(again_in), int(outage)))

    def is_provider_down(self) -> bool:
        """Whether the provider is down, and it is not yet time to try again."""
        return bool(self.scripts.run("down", []))

    def release_account(self) -> bool:
        """End the hold at once, as an operator may. Tells whether there was one."""
        return bool(self.scripts.run("hold", [], "", 0, 0))

    def no_longer_held(self) -> list[str]:
        """Held messages, oldest first, once nothing holds them any more."""
        if self.redis.exists(self.keys.hold):
            return []
        return cast("list[str]", self.redis.zrange(self.keys.state(State.HELD), 0, BATCH - 1))

    def bodies(self, client_tags: Sequence[str]) -> list[str | None]:
        """The texts of messages; None where one is not needed any more."""
        return cast("list[str | None]", self.redis.mget([self.keys.body(tag) for tag in client_tags]))

    def note_requeued(self, client_tag: str, new_tag: str) -> bool:
        """Tie a message to the one that was sent in its place, in both records. Tells whether this is news."""
        keys = [self.keys.message(client_tag), self.keys.message(new_tag)]
        return bool(self.scripts.run("requeued", keys, client_tag, new_tag))

    def queue_length(self, lane: Lane) -> int:
        """How many tasks wait in a lane's queue."""
        return self.redis.llen(self.keys.queue(lane))

    def sent_since(self, day: date) -> int:
        """At least as many messages as the provider has for a day: those at it, and those it ended since."""
        start = to_milliseconds(datetime.combine(day, time(), JST))
        with self.redis.pipeline(transaction=False) as pipe:
            for state in (AT_PROVIDER | FINAL) - NEVER_SENT:
                pipe.zcount(self.keys.state(state), start, "+inf")
            return sum(pipe.execute())

    def forget(self, *, retention: timedelta) -> int:
        """Delete messages that came to their end longer ago than `retention`, with all their index entries."""
        before = to_milliseconds(self.now() - retention)
        forgotten = 0
        for state in FINAL:
            while tags := cast(
                "list[str]",
                self.redis.zrange(self.keys.state(state), "-inf", f"({before}", byscore=True, offset=0, num=BATCH),
            ):
                count = self._forget(tags, before)
                if not count:
                    break
                forgotten += count
        return forgotten

    def _forget(self, tags: Sequence[str], before: int) -> int:
        with self.redis.pipeline(transaction=False) as pipe:
            for tag in tags:
                pipe.hget(self.keys.message(tag), "group")
            groups = pipe.execute()
        keys = [key for tag, group in zip(tags, groups, strict=True) for key in self._keys_with_group(tag, group)]
        return int(self.scripts.run("forget", keys, json.dumps(list(tags)), before))


def _to_claim(client_tag: str, token: str, kind: str, pairs: Sequence[str], body: str | None) -> Claim:
    record = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return Claim(ClaimKind(kind), to_message(client_tag, record), body or "", "unsure" in record, token)


def _to_json(order: StateUpdate) -> dict[str, object]:
    """An order as `apply_updates.lua` wants it."""
    values: dict[str, object] = {
        "tag": order.client_tag,
        "from": sorted(order.expected_states),
        "fields": [str(part) for pair in order.fields.items() for part in pair],
        "reason": order.reason,
    }
    if order.to is not None:
        values["to"] = order.to
    if order.token is not None:
        values["lease"] = order.token
    if order.due_in is not None:
        values["due_in"] = milliseconds(order.due_in)
    if order.unspent:
        values["unspent"] = True
    return values
