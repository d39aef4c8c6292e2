"""A damaged record is put aside: its batch goes on, and nothing raises."""

import pytest
from structlog.testing import capture_logs
from tests.support.store_helpers import DAY, MINUTE, ZERO, claim_one, indexes_of, new_message, state_of, update_one

from zettai.core.states import State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.queries import read_page

REQUIRED = ("to", "lane", "state", "since", "created", "expires", "events")

DAMAGE = [
    *((field, None) for field in REQUIRED),
    ("state", "gone"),
    ("lane", "fast"),
    ("since", "yesterday"),
    ("created", "nan?"),
    ("expires", ""),
    ("events", "many"),
    ("attempts", "few"),
    ("calls", "1.5"),
    ("send_at", "soon"),
    ("sent", "nan"),
]


def damage(store: WorkerStore, tag: str, field: str, value: str | None) -> None:
    """Delete a field of a record, or write a value that cannot be right."""
    if value is None:
        store.redis.hdel(store.keys.message(tag), field)
    else:
        store.redis.hset(store.keys.message(tag), field, value)


def is_quarantined(store: WorkerStore, tag: str) -> bool:
    """Return whether a record was put aside, and no work is planned for it."""
    return store.redis.zscore(store.keys.quarantine, tag) is not None and indexes_of(store, tag) == []


@pytest.fixture
def tags(store: WorkerStore) -> tuple[str, str]:
    """A message to damage, and one behind it in the same batch."""
    first, second = new_message(group="g"), new_message(group="g")
    store.create([first, second])
    return first.client_tag, second.client_tag


@pytest.mark.parametrize(("field", "value"), DAMAGE)
def test_claim_goes_on_with_the_next_message(
    store: WorkerStore, tags: tuple[str, str], field: str, value: str | None
) -> None:
    damage(store, tags[0], field, value)

    claims = store.claim(tags, "claim", claim_timeout=MINUTE, held_for=MINUTE)

    assert [claim.message.client_tag for claim in claims] == [tags[1]]
    assert is_quarantined(store, tags[0])


def test_damage_that_a_script_finds_is_logged_once(store: WorkerStore, tags: tuple[str, str]) -> None:
    damage(store, tags[0], "to", None)

    with capture_logs() as lines:
        for _ in range(2):
            store.claim(tags, "claim", claim_timeout=MINUTE, held_for=MINUTE)
            store.get(tags)

    assert [line["client_tag"] for line in lines if line["event"] == "record_quarantined"] == [tags[0]]


@pytest.mark.parametrize(("field", "value"), [*DAMAGE, ("claimed_until", "1e400"), ("v", "new")])
def test_due_messages_go_on(store: WorkerStore, tags: tuple[str, str], field: str, value: str | None) -> None:
    for tag in tags:
        claim_one(store, tag, claim_timeout=ZERO)
    damage(store, tags[0], field, value)

    ready = store.process_due(store.claim_due_to_send(claim_timeout=MINUTE), held_for=MINUTE, give_up_after=DAY)

    assert list(ready.values()) == [[tags[1]]]
    assert is_quarantined(store, tags[0])


def test_claim_without_its_end_has_timed_out(store: WorkerStore, tags: tuple[str, str]) -> None:
    claim_one(store, tags[0], claim_timeout=ZERO)
    damage(store, tags[0], "claimed_until", None)

    store.process_due(store.claim_due_to_send(claim_timeout=MINUTE), held_for=MINUTE, give_up_after=DAY)

    assert state_of(store, tags[0]) is State.SUBMIT_UNKNOWN


@pytest.mark.parametrize(("field", "value"), DAMAGE)
def test_updates_go_on(store: WorkerStore, tags: tuple[str, str], field: str, value: str | None) -> None:
    store.claim(tags, "claim", claim_timeout=MINUTE, held_for=MINUTE)
    damage(store, tags[0], field, value)
    updates = [
        StateUpdate(
            client_tag=tag,
            expected_states=frozenset({State.SUBMITTING}),
            claim_id="claim",
            to=State.ACCEPTED,
            due_in=MINUTE,
            calls=1,
        )
        for tag in tags
    ]

    assert store.apply_updates(updates) == [None, State.ACCEPTED]
    assert is_quarantined(store, tags[0])


@pytest.mark.parametrize(("field", "value"), DAMAGE)
def test_cancel_goes_on(store: WorkerStore, tags: tuple[str, str], field: str, value: str | None) -> None:
    damage(store, tags[0], field, value)

    assert store.cancel(tags) == ["not_found", "canceled"]
    assert is_quarantined(store, tags[0])


@pytest.mark.parametrize(("field", "value"), [*DAMAGE, ("carrier", "pigeon"), ("h1", "?")])
def test_listings_leave_it_out_and_tell_it_once(
    store: WorkerStore, tags: tuple[str, str], field: str, value: str | None
) -> None:
    damage(store, tags[0], field, value)

    with capture_logs() as lines:
        assert store.get(tags)[0] is None
        assert [message.client_tag for message in store.find(group="g")] == [tags[1]]
        page = read_page(store, state=None, group="g", cursor=None, limit=10)

    assert [message.client_tag for message in page.messages] == [tags[1]]
    assert [line["client_tag"] for line in lines if line["event"] == "record_quarantined"] == [tags[0]]
    assert store.quarantined() == 1


def test_purge_goes_on(store: WorkerStore, tags: tuple[str, str]) -> None:
    for tag in tags:
        claim_one(store, tag)
        update_one(store, tag, State.REJECTED)
    damage(store, tags[0], "since", "yesterday")

    while store.purge(retention=ZERO) == 0:
        pass

    assert state_of(store, tags[1]) is None
    assert store.redis.exists(store.keys.message(tags[0]))
    assert store.quarantined() == 1
