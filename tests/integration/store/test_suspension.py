"""When all sending is held: one tries in a while, and all go on in their order when it is over."""

from tests.support.store_helpers import (
    MILLISECOND,
    MINUTE,
    ZERO,
    claim_one,
    new_message,
    update_one,
    wait_a_millisecond,
)

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import ClaimKind, WorkerStore


def test_a_backlog_holds_no_orphans(store: WorkerStore) -> None:
    """Behind a queue that still has tasks nobody is lost, however long it takes."""
    one = new_message()
    store.create([one])
    store.redis.lpush(store.keys.queue(Lane.NORMAL), "a task")

    assert store.find_lost_tasks(Lane.NORMAL, grace=ZERO) == []


def test_a_hold_lets_one_try_in_a_while(store: WorkerStore) -> None:
    """When the time has come one message asks the provider, not all of them."""
    messages = [new_message() for _ in range(3)]
    store.create(messages)
    assert store.suspend("quota", retry_in=MILLISECOND)
    wait_a_millisecond(store)

    claims = store.claim([one.client_tag for one in messages], "claim", claim_timeout=MINUTE, held_for=MINUTE)

    assert len(claims) == 1
    assert store.counts()[State.HELD] == 2


def test_a_success_ends_the_hold(store: WorkerStore) -> None:
    """The one that tried was taken, so the others may go."""
    one, other = new_message(), new_message()
    store.create([one, other])
    store.suspend("quota", retry_in=MILLISECOND)
    wait_a_millisecond(store)
    claim_one(store, one.client_tag)

    update_one(store, one.client_tag, State.ACCEPTED)

    assert claim_one(store, other.client_tag)


def test_an_alert_is_raised_once(store: WorkerStore) -> None:
    """However many messages meet the hold."""
    assert store.suspend("quota", retry_in=MINUTE)
    assert not store.suspend("quota", retry_in=MINUTE)


def test_a_hold_wakes_one_of_many(store: WorkerStore) -> None:
    """Thousands of held messages do not all set out to find that nothing has changed."""
    messages = [new_message() for _ in range(5)]
    tags = [one.client_tag for one in messages]
    store.create(messages)
    store.suspend("quota", retry_in=MINUTE)
    store.claim(tags, "claim", claim_timeout=MINUTE, held_for=ZERO)
    assert store.counts()[State.HELD] == 5

    store.suspend("quota", retry_in=ZERO)
    woken = store.process_due(store.claim_due_to_send(claim_timeout=MINUTE), held_for=MINUTE)

    assert len(woken[Lane.NORMAL]) == 1
    assert store.find_resumable() == []


def test_the_end_of_a_hold_wakes_all_in_order(store: WorkerStore) -> None:
    """They keep their place."""
    messages = [new_message() for _ in range(5)]
    tags = [one.client_tag for one in messages]
    store.create(messages)
    store.suspend("quota", retry_in=MINUTE)
    store.claim(tags, "claim", claim_timeout=MINUTE, held_for=MINUTE)

    store.resume()

    assert store.find_resumable() == tags
    assert store.process_due(tags, held_for=MINUTE) == {Lane.NORMAL: tags}


def test_doubt_waits_while_the_provider_is_down(store: WorkerStore) -> None:
    """Not even a look-up: nobody is there to ask. When it is only the quota, look-ups go on."""
    one = new_message()
    store.create([one])
    claim_one(store, one.client_tag)
    update_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    store.process_due([one.client_tag], held_for=MINUTE)
    store.suspend("provider down", retry_in=MINUTE, circuit_open=True)

    assert claim_one(store, one.client_tag) is None
    assert store.is_circuit_open()

    store.resume()
    store.suspend("quota", retry_in=MINUTE)
    store.process_due([one.client_tag], held_for=MINUTE)
    claim = claim_one(store, one.client_tag)
    assert claim is not None
    assert claim.kind is ClaimKind.LOOK_UP
    assert not store.is_circuit_open()
