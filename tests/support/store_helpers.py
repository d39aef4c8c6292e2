"""Short ways to say what a worker does to the store."""

from datetime import timedelta
from typing import Any

from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.states import State
from zettai.core.store import Claim, StateUpdate, WorkerStore
from zettai.core.times import to_milliseconds

MINUTE = timedelta(minutes=1)
SUBMITTING = frozenset({State.SUBMITTING})
ZERO = timedelta(0)
MILLISECOND = timedelta(milliseconds=1)


def new_message(**keywords: Any) -> NewMessage:
    """Return a valid new message."""
    fields = {"to": "09012345678", "body": "hello", "expires_in": timedelta(hours=1), **keywords}
    return NewMessage.validated(**fields)


def claim_one(store: WorkerStore, tag: str, claim_id: str = "claim", claim_timeout: timedelta = MINUTE) -> Claim | None:
    """Claim a message, if that is to be had."""
    claims = store.claim([tag], claim_id, claim_timeout=claim_timeout, held_for=MINUTE)
    return claims[0] if claims else None


def update_one(store: WorkerStore, tag: str, to: State | None, **keywords: Any) -> State | None:
    """Settle a message that the claim `token` holds, unless told otherwise."""
    update = {"expected_states": SUBMITTING, "claim_id": "claim", "reason": "test", **keywords}
    return store.apply_updates([StateUpdate(client_tag=tag, to=to, **update)])[0]


def accepted(store: WorkerStore, **keywords: Any) -> str:
    """A message that the provider took."""
    one = new_message(**keywords)
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.ACCEPTED, due_in=MINUTE)
    return one.client_tag


def wait_a_millisecond(store: WorkerStore) -> None:
    """Until the clock of Redis, by which the store goes, has gone on."""
    before = store.now()
    while store.now() <= before + MILLISECOND:
        pass


def state_of(store: WorkerStore, tag: str) -> State | None:
    """Where a message stands."""
    [message] = store.get([tag])
    return message.state if message else None


def indexes_of(store: WorkerStore, tag: str) -> list[str]:
    """The indexes that would see to a message next."""
    keys = store.keys
    indexes = [
        keys.due_to_send,
        keys.due_to_check,
        *(keys.waiting(lane) for lane in (Lane.URGENT, Lane.NORMAL, Lane.BULK)),
    ]
    return [index for index in indexes if store.redis.zscore(index, tag) is not None]


def is_in_time(store: WorkerStore, tag: str) -> bool:
    """Whether a message could still be sent in time."""
    [message] = store.get([tag])
    return message is not None and store.now() <= message.expires_at


def make_due(store: WorkerStore, tag: str) -> None:
    """Nobody waits for a full minute."""
    past = to_milliseconds(store.now() - MINUTE)
    store.redis.hset(store.keys.message(tag), "send_at", past)
    store.redis.zadd(store.keys.due_to_send, {tag: past})
    store.process_due([tag], held_for=MINUTE)
