"""Helpers for tests that use the store as a worker does."""

from datetime import timedelta
from typing import Any

from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.new_message import NewMessage
from zettai.core.states import State
from zettai.core.store import Claim, StateUpdate, WorkerStore
from zettai.core.store.reading import MessageReader
from zettai.core.times import to_milliseconds

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
SUBMITTING = frozenset({State.SUBMITTING})
ZERO = timedelta(0)
MILLISECOND = timedelta(milliseconds=1)


def new_message(**keywords: Any) -> NewMessage:
    """Return a valid new message."""
    fields = {"to": "09012345678", "body": "hello", "expires_in": timedelta(hours=1), **keywords}
    return NewMessage.validated(**fields)


def claim_one(store: WorkerStore, tag: str, claim_id: str = "claim", claim_timeout: timedelta = MINUTE) -> Claim | None:
    """Claim a message. Return None if there is nothing to claim."""
    claims = store.claim([tag], claim_id, claim_timeout=claim_timeout, held_for=MINUTE)
    return claims[0] if claims else None


def update_one(store: WorkerStore, tag: str, to: State | None, **keywords: Any) -> State | None:
    """Apply an update to a message, by default under the claim of `claim_one`."""
    update = {"expected_states": SUBMITTING, "claim_id": "claim", "reason": "test", **keywords}
    return store.apply_updates([StateUpdate(client_tag=tag, to=to, **update)])[0]


def accepted(store: WorkerStore, **keywords: Any) -> str:
    """Create a message that the provider accepted, and return its tag."""
    one = new_message(**keywords)
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.ACCEPTED, due_in=MINUTE)
    return one.client_tag


def suspend_sender(store: WorkerStore, sender: str, retry_in: timedelta = MINUTE) -> None:
    """Suspend a sender code: the provider refuses it for two messages."""
    for tag in ("refused-1", "refused-2"):
        store.note_refusal(tag, "Invalid smsCode", retry_in=retry_in, sender=sender)


def wait_a_millisecond(store: WorkerStore) -> None:
    """Wait until the clock of Redis has advanced by a millisecond."""
    before = store.now()
    while store.now() <= before + MILLISECOND:
        pass


def message_of(store: MessageReader, tag: str) -> Message:
    """Return a message that exists."""
    [message] = store.get([tag])
    assert message is not None
    return message


def state_of(store: WorkerStore, tag: str) -> State | None:
    """Return the state of a message."""
    [message] = store.get([tag])
    return message.state if message else None


def indexes_of(store: WorkerStore, tag: str) -> list[str]:
    """Return the indexes of work that contain a message."""
    keys = store.keys
    indexes = [
        keys.due_to_send,
        keys.due_to_check,
        *(keys.waiting(lane) for lane in (Lane.URGENT, Lane.NORMAL, Lane.BULK)),
    ]
    return [index for index in indexes if store.redis.zscore(index, tag) is not None]


def is_in_time(store: WorkerStore, tag: str) -> bool:
    """Return whether a message has not expired yet."""
    [message] = store.get([tag])
    return message is not None and store.now() <= message.expires_at


def make_due(store: WorkerStore, tag: str) -> None:
    """Set the send time of a message into the past, and make the message ready to be claimed."""
    past = to_milliseconds(store.now() - MINUTE)
    store.redis.hset(store.keys.message(tag), "send_at", past)
    store.redis.zadd(store.keys.due_to_send, {tag: past})
    store.process_due([tag], held_for=MINUTE, give_up_after=DAY)
