"""The suppression list on a real server: when a message is recorded, claimed, and reserved."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import pytest
from tests.support.store_helpers import DAY, MINUTE, ZERO, claim_one, indexes_of, new_message, state_of, update_one

from zettai.core.errors import SettingsError, SuppressionKeyMismatch
from zettai.core.hash_key import HashKey
from zettai.core.key_settings import SecretKeys
from zettai.core.message import SUPPRESSED, Message
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.events import read_events
from zettai.core.store.keys import Keys
from zettai.core.store.store import BATCH
from zettai.core.store.suppressions import HashedNumber

KEY = HashKey("a secret key that is only for tests")
OTHER_KEY = HashKey("another secret key, for tests as well")
NUMBER = "+819012345678"


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    store = _store(redis_url, KEY)
    yield store
    store.close()


def _store(redis_url: str, key: HashKey | None) -> WorkerStore:
    return WorkerStore(connect(redis_url), Keys("test"), secrets=SecretKeys(suppressions=key))


def _suppress(store: WorkerStore, number: str = NUMBER, scope: str = "all") -> bool:
    return store.suppressions.add([HashedNumber(store.suppressions.required_key.hash_of(number), scope)])[0]


def _message(store: WorkerStore, tag: str) -> Message:
    [message] = store.get([tag])
    assert message is not None
    return message


def _create(store: WorkerStore, **keywords: Any) -> str:
    one = new_message(**keywords)
    store.create([one])
    return one.client_tag


def _reserve(store: WorkerStore, **keywords: Any) -> str:
    tag = _create(store, send_at=store.now() + DAY, **keywords)
    claim_one(store, tag)
    update_one(store, tag, State.SCHEDULED, due_in=DAY)
    return tag


def _search(store: WorkerStore) -> list[str]:
    """Search to the end."""
    found: list[str] = []
    while True:
        tags, is_complete = store.search_reservations()
        found += tags
        if is_complete:
            return found


def _counted(store: WorkerStore) -> dict[str, str]:
    return cast("dict[str, str]", store.redis.hgetall(store.keys.suppressed))


def test_message_to_a_suppressed_number_is_recorded_as_canceled(store: WorkerStore) -> None:
    _suppress(store)

    [result] = store.create([one := new_message()])

    assert result.suppressed
    assert result.ok
    assert not result.repeated
    message = _message(store, one.client_tag)
    assert (message.state, message.reason) == (State.CANCELED, SUPPRESSED)
    assert [event.state for event in message.history] == [State.QUEUED, State.CANCELED]
    assert indexes_of(store, one.client_tag) == []
    assert not store.redis.exists(store.keys.body(one.client_tag))
    assert _counted(store) == {"accepted": "1"}


def test_repeated_message_to_a_suppressed_number_is_the_same_message(store: WorkerStore) -> None:
    _suppress(store)
    one = new_message()
    store.create([one])
    store.suppressions.remove(KEY.hash_of(NUMBER), None)

    [result] = store.create([one])

    assert (result.repeated, result.suppressed) == (True, True)


@pytest.mark.parametrize(
    ("scope", "category", "expected"),
    [
        ("all", None, True),
        ("all", "transactional", True),
        ("marketing", None, True),
        ("marketing", "marketing", True),
        ("marketing", "transactional", False),
        ("marketing", "market", False),
        ("market", "marketing", False),
    ],
)
def test_scope_decides_which_categories_are_suppressed(
    store: WorkerStore, scope: str, category: str | None, *, expected: bool
) -> None:
    _suppress(store, scope=scope)
    suppression = store.suppressions.get(KEY.hash_of(NUMBER))

    [result] = store.create([new_message(category=category)])

    assert result.suppressed is expected
    assert suppression is not None
    assert suppression.blocks(category) is expected


def test_other_numbers_are_not_suppressed(store: WorkerStore) -> None:
    _suppress(store)

    [result] = store.create([new_message(to="09012345679")])

    assert not result.suppressed


def test_message_that_waits_is_canceled_when_it_is_claimed(store: WorkerStore) -> None:
    tag = _create(store)
    _suppress(store)

    assert claim_one(store, tag) is None

    assert (_message(store, tag).state, _message(store, tag).reason) == (State.CANCELED, SUPPRESSED)
    assert _counted(store) == {"claimed": "1"}


def test_held_message_is_canceled_when_sending_resumes(store: WorkerStore) -> None:
    store.suspend("quota", retry_in=MINUTE)
    tag = _create(store)
    claim_one(store, tag)
    assert state_of(store, tag) is State.HELD
    _suppress(store)

    store.resume()
    store.process_due(store.find_resumable(), held_for=MINUTE, give_up_after=DAY)

    assert claim_one(store, tag) is None
    assert state_of(store, tag) is State.CANCELED


def test_message_with_an_unknown_outcome_is_looked_up_and_not_sent_again(store: WorkerStore) -> None:
    tag = _create(store)
    claim_one(store, tag)
    update_one(store, tag, State.SUBMIT_UNKNOWN, due_in=ZERO)
    _suppress(store)
    store.process_due([tag], held_for=MINUTE, give_up_after=DAY)

    assert claim_one(store, tag) is None

    message = _message(store, tag)
    assert (message.state, message.cancel_requested) == (State.SUBMIT_UNKNOWN, True)
    assert indexes_of(store, tag) == [store.keys.due_to_check]
    found_nothing = {"expected_states": frozenset({State.SUBMIT_UNKNOWN}), "claim_id": None}
    update_one(store, tag, State.CANCELED, **found_nothing, reason=message.cancel_reason)
    assert _message(store, tag).is_suppressed
    assert _counted(store) == {"reserved": "1"}


def test_reservation_is_found_by_the_search(store: WorkerStore) -> None:
    suppressed, other = _reserve(store), _reserve(store, to="09012345679")
    _suppress(store)

    assert _search(store) == [suppressed]

    assert _message(store, suppressed).cancel_requested
    assert _message(store, suppressed).cancel_reason == SUPPRESSED
    assert not _message(store, other).cancel_requested
    assert _search(store) == []


def test_message_claimed_before_the_addition_is_canceled_when_it_is_reserved(store: WorkerStore) -> None:
    tag = _create(store, send_at=store.now() + DAY)
    claim_one(store, tag)
    _suppress(store)
    _search(store)

    update_one(store, tag, State.SCHEDULED, due_in=DAY)

    assert _message(store, tag).cancel_reason == SUPPRESSED
    assert store.claim_due_to_check(claim_timeout=MINUTE) == [tag]


def test_requested_cancel_keeps_its_reason(store: WorkerStore) -> None:
    tag = _reserve(store)
    store.cancel([tag])
    _suppress(store)

    assert _search(store) == []
    assert _message(store, tag).cancel_reason == "on request"


def test_search_is_continued_by_another_worker_and_repeated_after_an_addition(
    store: WorkerStore, redis_url: str
) -> None:
    """Each step of a search can be the last one of its worker."""
    tags = [_reserve(store, to=f"0901000{number:04}") for number in range(2)]
    # Many reservations of the same moment, and more than one page.
    others = {f"other-{number}": number // (BATCH - 100) for number in range(3 * BATCH)}
    store.redis.zadd(store.keys.state(State.SCHEDULED), others)
    _suppress(store, "+819010000001")

    found, is_complete = store.search_reservations()
    assert (found, is_complete) == ([], False)
    _suppress(store, "+819010000000")
    other = _store(redis_url, None)  # a worker has no key

    assert sorted(_search(other)) == sorted(tags)
    other.close()


def test_addition_during_the_last_step_is_searched_again(store: WorkerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that is reserved after its page was read, and suppressed before the step is recorded, is found."""
    _suppress(store, "+819010000001")
    late: list[str] = []
    page = store._page

    def read_page(position: str) -> tuple[list[str], str]:
        found = page(position)
        if not late:
            late.append(_reserve(store))
            _suppress(store)
        return found

    monkeypatch.setattr(store, "_page", read_page)

    assert _search(store) == late


def test_many_reservations_of_one_moment_are_all_searched(store: WorkerStore) -> None:
    tag = _reserve(store)
    index = store.keys.state(State.SCHEDULED)
    moment = store.redis.zscore(index, tag)
    store.redis.zadd(index, {f"a-{number}": cast("float", moment) for number in range(2 * BATCH)})
    _suppress(store)

    assert _search(store) == [tag]


def test_second_addition_keeps_the_first_time(store: WorkerStore) -> None:
    long_ago = store.now() - timedelta(days=100)
    number_hash = KEY.hash_of(NUMBER)
    assert store.suppressions.add([HashedNumber(number_hash, "all", "web-form", long_ago)]) == [True]

    assert store.suppressions.add([HashedNumber(number_hash, "all", "import")]) == [False]

    suppression = store.suppressions.get(number_hash)
    assert suppression is not None
    [scope] = suppression.scopes
    assert scope.source == "web-form"
    assert abs(scope.since - long_ago) < timedelta(seconds=1)


def test_removal_of_one_scope_keeps_the_others(store: WorkerStore) -> None:
    for scope in ("news", "all", "offers"):
        _suppress(store, scope=scope)
    number_hash = KEY.hash_of(NUMBER)

    assert store.suppressions.remove(number_hash, "all")
    assert not store.suppressions.remove(number_hash, "all")

    suppression = store.suppressions.get(number_hash)
    assert suppression is not None
    assert [one.scope for one in suppression.scopes] == ["news", "offers"]
    assert store.suppressions.remove(number_hash, None)
    assert store.suppressions.get(number_hash) is None


@pytest.mark.parametrize("key", [None, OTHER_KEY])
def test_producer_with_another_key_records_nothing(store: WorkerStore, redis_url: str, key: HashKey | None) -> None:
    """Its hashes would match none of the list."""
    _suppress(store)
    other, one = _store(redis_url, key), new_message()

    with pytest.raises(SuppressionKeyMismatch) as caught:
        other.create([one])

    assert caught.value.expected == KEY.fingerprint
    assert caught.value.found == (key.fingerprint if key else None)
    assert store.get([one.client_tag]) == [None]
    with pytest.raises(SuppressionKeyMismatch if key else SettingsError):
        other.suppressions.get((key or KEY).hash_of(NUMBER))
    with pytest.raises(SuppressionKeyMismatch if key else SettingsError):
        other.suppressions.add([HashedNumber("hash", "all")])
    assert store.suppressions.count() == 1
    other.close()


def test_cleared_list_belongs_to_the_next_key(store: WorkerStore, redis_url: str) -> None:
    _suppress(store)
    store.suppressions.clear()
    other = _store(redis_url, OTHER_KEY)

    assert _suppress(other)

    assert (store.suppressions.count(), store.suppressions.fingerprint()) == (1, OTHER_KEY.fingerprint)
    other.close()


def test_no_number_is_in_the_list(store: WorkerStore) -> None:
    _suppress(store)
    _create(store)
    store.redis.delete(*store.redis.keys("test:message:*"))

    everything = repr([store.redis.hgetall(key) for key in store.redis.keys("test:suppress*")])

    assert "9012345678" not in everything
    assert KEY.hash_of(NUMBER) in everything


def test_group_with_a_suppressed_message_is_finished_once_at_its_end(store: WorkerStore) -> None:
    """Its first message is canceled when it is recorded. The others are still open."""
    _suppress(store)
    suppressed, other = new_message(to=NUMBER, group="g"), new_message(to="08011112222", group="g")
    store.create([suppressed, other])
    store.create([suppressed, other])
    assert [event.type.value for event in read_events(store.redis, store.keys)] == ["canceled"]

    store.cancel([other.client_tag])

    types = [event.type.value for event in read_events(store.redis, store.keys)]
    assert types == ["canceled", "canceled", "group_finished"]


def _types(store: WorkerStore) -> list[str]:
    return [event.type.value for event in read_events(store.redis, store.keys)]


def test_group_with_suppressed_messages_only_is_finished_once_when_no_more_come(store: WorkerStore) -> None:
    """As after `send_many`, which records a campaign in several calls."""
    _suppress(store)
    for _ in range(2):
        store.create([new_message(to=NUMBER, group="g") for _ in range(2)])
        assert store.report_emptied_groups(after=DAY) == 0
    assert _types(store) == ["canceled"] * 4

    assert store.report_emptied_groups(after=ZERO) == 1
    assert store.report_emptied_groups(after=ZERO) == 0

    [*_, finished] = read_events(store.redis, store.keys)
    assert (finished.type.value, finished.group) == ("group_finished", "g")
    assert not store.redis.exists(store.keys.open_in_groups, store.keys.emptied_groups)


@pytest.mark.parametrize("ends_early", [True, False])
def test_group_that_begins_with_suppressed_messages_is_finished_once(store: WorkerStore, ends_early: bool) -> None:  # noqa: FBT001
    """The first call has suppressed messages only, the second has others, which end before or after the wait."""
    _suppress(store)
    store.create([new_message(to=NUMBER, group="g")])
    other = new_message(to="08011112222", group="g")
    store.create([other])

    if not ends_early:
        assert store.report_emptied_groups(after=ZERO) == 0
    store.cancel([other.client_tag])
    assert store.report_emptied_groups(after=ZERO) == 0

    assert _types(store) == ["canceled", "canceled", "group_finished"]


def test_groups_of_two_owners_are_reported_for_each(store: WorkerStore) -> None:
    _suppress(store)
    store.create([new_message(to=NUMBER, group="g", created_by=maker) for maker in ("shop-1", "shop-2")])

    assert store.report_emptied_groups(after=ZERO) == 2

    makers = [event.created_by for event in read_events(store.redis, store.keys) if not event.client_tag]
    assert sorted(map(str, makers)) == ["shop-1", "shop-2"]
