"""Short ways to say what a worker does to the store."""

from datetime import timedelta
from typing import Any

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import Claim, StateUpdate, WorkerStore
from zettai.core.times import to_milliseconds
from zettai.core.validation import Draft, draft

MINUTE = timedelta(minutes=1)
SUBMITTING = frozenset({State.SUBMITTING})
NO_TIME = timedelta(0)
A_MOMENT = timedelta(milliseconds=1)


def a_draft(**keywords: Any) -> Draft:
    """A valid draft."""
    return draft({"to": "09012345678", "body": "hello", "expires_in": timedelta(hours=1), **keywords})


def claim_one(store: WorkerStore, tag: str, token: str = "token", lease: timedelta = MINUTE) -> Claim | None:
    """Claim a message, if that is to be had."""
    claims = store.claim([tag], token, lease=lease, hold=MINUTE)
    return claims[0] if claims else None


def settle_one(store: WorkerStore, tag: str, to: State | None, **keywords: Any) -> State | None:
    """Settle a message that the claim `token` holds, unless told otherwise."""
    order = {"expected_states": SUBMITTING, "token": "token", "reason": "test", **keywords}
    return store.apply_updates([StateUpdate(client_tag=tag, to=to, **order)])[0]


def accepted(store: WorkerStore, **keywords: Any) -> str:
    """A message that the provider took."""
    one = a_draft(**keywords)
    store.create([one])
    claim_one(store, one.client_tag)
    settle_one(store, one.client_tag, State.ACCEPTED, due_in=MINUTE)
    return one.client_tag


def pass_a_moment(store: WorkerStore) -> None:
    """Until the clock of Redis, by which the store goes, has gone on."""
    before = store.now()
    while store.now() <= before + A_MOMENT:
        pass


def state_of(store: WorkerStore, tag: str) -> State | None:
    """Where a message stands."""
    [message] = store.get([tag])
    return message.state if message else None


def places_of(store: WorkerStore, tag: str) -> list[str]:
    """The indexes that would see to a message next."""
    keys = store.keys
    indexes = [
        keys.due_to_send,
        keys.due_to_check,
        *(keys.waiting(lane) for lane in (Lane.URGENT, Lane.NORMAL, Lane.BULK)),
    ]
    return [index for index in indexes if store.redis.zscore(index, tag) is not None]


def not_yet_expired(store: WorkerStore, tag: str) -> bool:
    """Whether a message could still be sent in time."""
    [message] = store.get([tag])
    return message is not None and store.now() <= message.expires_at


def its_time_has_come(store: WorkerStore, tag: str) -> None:
    """Nobody waits for a full minute."""
    past = to_milliseconds(store.now() - MINUTE)
    store.redis.hset(store.keys.message(tag), "send_at", past)
    store.redis.zadd(store.keys.due_to_send, {tag: past})
    store.wake([tag], hold=MINUTE)
