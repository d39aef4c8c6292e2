"""When all sending is held: one tries in a while, and all go on in their order when it is over."""

from tests.support.orders import (
    A_MOMENT,
    MINUTE,
    NO_TIME,
    a_draft,
    claim_one,
    pass_a_moment,
    settle_one,
)

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import ClaimKind, WorkerStore


def test_a_backlog_holds_no_orphans(store: WorkerStore) -> None:
    """Behind a queue that still has tasks nobody is lost, however long it takes."""
    one = a_draft()
    store.create([one])
    store.redis.lpush(store.keys.queue(Lane.NORMAL), "a task")

    assert store.take_orphans(Lane.NORMAL, slack=NO_TIME) == []


def test_a_hold_lets_one_try_in_a_while(store: WorkerStore) -> None:
    """When the time has come one message asks the provider, not all of them."""
    drafts = [a_draft() for _ in range(3)]
    store.create(drafts)
    assert store.hold_account("quota", again_in=A_MOMENT)
    pass_a_moment(store)

    claims = store.claim([one.client_tag for one in drafts], "token", lease=MINUTE, hold=MINUTE)

    assert len(claims) == 1
    assert store.counts()[State.HELD] == 2


def test_a_success_ends_the_hold(store: WorkerStore) -> None:
    """The one that tried was taken, so the others may go."""
    one, other = a_draft(), a_draft()
    store.create([one, other])
    store.hold_account("quota", again_in=A_MOMENT)
    pass_a_moment(store)
    claim_one(store, one.client_tag)

    settle_one(store, one.client_tag, State.ACCEPTED)

    assert claim_one(store, other.client_tag)


def test_an_alert_is_raised_once(store: WorkerStore) -> None:
    """However many messages meet the hold."""
    assert store.hold_account("quota", again_in=MINUTE)
    assert not store.hold_account("quota", again_in=MINUTE)


def test_a_hold_wakes_one_of_many(store: WorkerStore) -> None:
    """Thousands of held messages do not all set out to find that nothing has changed."""
    drafts = [a_draft() for _ in range(5)]
    tags = [one.client_tag for one in drafts]
    store.create(drafts)
    store.hold_account("quota", again_in=MINUTE)
    store.claim(tags, "token", lease=MINUTE, hold=NO_TIME)
    assert store.counts()[State.HELD] == 5

    store.hold_account("quota", again_in=NO_TIME)
    woken = store.wake(store.take_due_to_send(lease=MINUTE), hold=MINUTE)

    assert len(woken[Lane.NORMAL]) == 1
    assert store.no_longer_held() == []


def test_the_end_of_a_hold_wakes_all_in_order(store: WorkerStore) -> None:
    """They keep their place."""
    drafts = [a_draft() for _ in range(5)]
    tags = [one.client_tag for one in drafts]
    store.create(drafts)
    store.hold_account("quota", again_in=MINUTE)
    store.claim(tags, "token", lease=MINUTE, hold=MINUTE)

    store.release_account()

    assert store.no_longer_held() == tags
    assert store.wake(tags, hold=MINUTE) == {Lane.NORMAL: tags}


def test_doubt_waits_while_the_provider_is_down(store: WorkerStore) -> None:
    """Not even a look-up: nobody is there to ask. When it is only the quota, look-ups go on."""
    one = a_draft()
    store.create([one])
    claim_one(store, one.client_tag)
    settle_one(store, one.client_tag, State.SUBMIT_UNKNOWN, due_in=NO_TIME)
    store.wake([one.client_tag], hold=MINUTE)
    store.hold_account("provider down", again_in=MINUTE, outage=True)

    assert claim_one(store, one.client_tag) is None
    assert store.is_provider_down()

    store.release_account()
    store.hold_account("quota", again_in=MINUTE)
    store.wake([one.client_tag], hold=MINUTE)
    claim = claim_one(store, one.client_tag)
    assert claim is not None
    assert claim.kind is ClaimKind.LOOK_UP
    assert not store.is_provider_down()
