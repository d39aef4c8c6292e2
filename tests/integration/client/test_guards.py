"""The guards, tripped by real producers: limits for a number and a text, budgets, and `ZETTAI_ONLY_TO`."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis
from tests.support.redis_clock import RedisClock, set_by_test
from tests.support.store_helpers import claim_one, update_one

from zettai import (
    BudgetExceeded,
    CreateResult,
    GuardError,
    NotAllowed,
    RateExceeded,
    ReplaceOutcome,
    Settings,
    SettingsError,
    SmsClient,
    State,
)
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys

NUMBER, OTHER = "09012345678", "09012345679"

KEY = "a key of suppressions, for tests only"

START = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


@pytest.fixture
def clock(redis: Redis) -> Iterator[RedisClock]:
    clock = RedisClock(redis, START)
    with set_by_test(clock):
        yield clock


@pytest.fixture
def worker(redis_url: str) -> Iterator[WorkerStore]:
    store = WorkerStore(connect(redis_url), Keys("zettai"))
    yield store
    store.close()


def _client(redis_url: str, **settings: Any) -> SmsClient:
    return SmsClient(Settings.load(redis_url=redis_url, **settings))


def _send(client: SmsClient, count: int, **options: Any) -> list[CreateResult]:
    """Send so many messages with different texts to one number."""
    start = len(list(client.list()))
    return list(client.send_many({"to": NUMBER, "body": f"code {start + one}", **options} for one in range(count)))


def _errors(results: list[CreateResult]) -> list[str]:
    return ["" if result.error is None else type(result.error).__name__ for result in results]


@pytest.mark.parametrize("key", [None, KEY])
def test_number_gets_five_urgent_messages_in_ten_minutes_and_twenty_in_a_day(
    redis_url: str, clock: RedisClock, redis: Redis, key: str | None
) -> None:
    with _client(redis_url, suppression_key=key) as client:
        results = _send(client, 7, lane="urgent")
        assert _errors(results) == [""] * 5 + ["RateExceeded"] * 2
        error = results[-1].error
        assert isinstance(error, RateExceeded)
        assert (error.guard, error.retry_after) == ("number", timedelta(minutes=10))
        assert "5/10 minutes, 20/day" in str(error)
        client.send(OTHER, "another number", lane="urgent")
        client.send(NUMBER, "another lane")

        for _ in range(3):
            clock.advance(timedelta(minutes=10))
            assert _errors(_send(client, 5, lane="urgent")) == [""] * 5
        clock.advance(timedelta(minutes=10))
        with pytest.raises(RateExceeded) as caught:
            client.send(NUMBER, "the 21st", lane="urgent")
        assert caught.value.retry_after == timedelta(hours=24) - timedelta(minutes=40)
    assert redis.hgetall("zettai:refused") == {"number": "3"}
    assert not [key for key in redis.scan_iter() if "9012345678" in key]
    assert all(0 < redis.ttl(key) <= 86_400 for key in redis.scan_iter("zettai:urgent_to:*"))


def test_message_that_exists_is_neither_counted_nor_refused(redis_url: str) -> None:
    with _client(redis_url) as client:
        for _ in range(30):
            client.send(NUMBER, "the same", client_tag="t", lane="urgent")
        assert _errors(_send(client, 5, lane="urgent")) == [""] * 4 + ["RateExceeded"]
        assert client.send(NUMBER, "the same", client_tag="t", lane="urgent").client_tag == "t"


def test_refused_message_is_not_recorded_and_its_tag_is_free(redis_url: str, redis: Redis) -> None:
    with _client(redis_url, urgent_per_number="1/hour") as client:
        client.send(NUMBER, "one", lane="urgent")
        with pytest.raises(RateExceeded):
            client.send(NUMBER, "two", client_tag="t", group="g", lane="urgent")
        assert client.get("t") is None
        assert redis.hgetall("zettai:open_in_groups") == {}
        assert redis.llen("zettai:celery:urgent") == 1
        assert client.send(NUMBER, "two", client_tag="t", group="g").state is State.QUEUED


def test_limit_that_is_switched_off_refuses_nothing(redis_url: str) -> None:
    with _client(redis_url, urgent_per_number="", same_text_per_minute=0) as client:
        items = ({"to": NUMBER, "body": "x", "lane": "urgent"} for _ in range(100))
        assert all(result.ok for result in client.send_many(items))


def test_number_gets_the_same_text_five_times_in_a_minute(redis_url: str, clock: RedisClock) -> None:
    with _client(redis_url) as client:
        item = {"to": NUMBER, "body": "a loop", "lane": "normal"}
        results = list(client.send_many(item for _ in range(7)))
        assert _errors(results) == [""] * 5 + ["RateExceeded"] * 2
        client.send(NUMBER, "another text")
        client.send(OTHER, "a loop")
        client.send(NUMBER, "a loop", lane="bulk")
        with pytest.raises(RateExceeded) as caught:
            client.send(NUMBER, "a loop")
        assert (caught.value.guard, caught.value.retry_after) == ("same_text", timedelta(minutes=1))

        clock.advance(timedelta(seconds=59))
        with pytest.raises(RateExceeded):
            client.send(NUMBER, "a loop")
        clock.advance(timedelta(seconds=1))
        client.send(NUMBER, "a loop")


def test_suppressed_number_is_reported_and_not_refused(redis_url: str) -> None:
    with _client(redis_url, suppression_key=KEY, urgent_per_number="1/day") as client:
        client.suppressions.add(NUMBER)
        assert [result.suppressed for result in _send(client, 3, lane="urgent")] == [True] * 3


def test_budget_of_a_group_stops_that_group_until_the_next_day_in_japan(redis_url: str, clock: RedisClock) -> None:
    with _client(redis_url, budgets="3/day group spring; 100/month account") as client:
        assert _errors(_send(client, 4, group="spring")) == ["", "", "", "BudgetExceeded"]
        with pytest.raises(BudgetExceeded) as caught:
            client.send(NUMBER, "more", group="spring")
        # It is 21:00 in Japan.
        assert caught.value.retry_after == timedelta(hours=3)
        assert "3 parts a day for this group" in str(caught.value)
        client.send(NUMBER, "others go on", group="summer")
        client.send(NUMBER, "others go on too")

        clock.set(datetime(2026, 11, 27, 14, 59, 59, tzinfo=UTC))
        with pytest.raises(BudgetExceeded):
            client.send(NUMBER, "still today", group="spring")
        clock.set(datetime(2026, 11, 27, 15, 0, tzinfo=UTC))
        client.send(NUMBER, "tomorrow", group="spring")


@pytest.mark.parametrize(
    ("moment", "day", "month"),
    [
        (datetime(2026, 12, 31, 14, 59, tzinfo=UTC), "2026-12-31", "2026-12"),
        (datetime(2026, 12, 31, 15, 0, tzinfo=UTC), "2027-01-01", "2027-01"),
        (datetime(2028, 2, 28, 20, 0, tzinfo=UTC), "2028-02-29", "2028-02"),
        (datetime(2028, 2, 29, 15, 0, tzinfo=UTC), "2028-03-01", "2028-03"),
    ],
)
def test_parts_are_counted_by_the_calendar_of_japan(
    redis_url: str, clock: RedisClock, moment: datetime, day: str, month: str
) -> None:
    clock.set(moment)
    with _client(redis_url, budgets="9/day account; 9/month account") as client:
        client.send(NUMBER, "あ" * 100)
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        assert redis.hgetall("zettai:spent") == {f"{day} account": "2", f"{month} account": "2"}


def test_each_group_has_its_own_budget(redis_url: str) -> None:
    with _client(redis_url, budgets="1/day group *") as client:
        for group in ("a", "b with a blank"):
            assert _errors(_send(client, 2, group=group)) == ["", "BudgetExceeded"]
        assert _errors(_send(client, 3)) == ["", "", ""]


def test_budget_of_an_api_key_stops_that_key_and_nobody_else(redis_url: str) -> None:
    with _client(redis_url, budgets="2/day key shop; 3/month key *; 1/day group *") as client:
        assert _errors(_send(client, 3, created_by="shop")) == ["", "", "BudgetExceeded"]
        assert _errors(_send(client, 4, created_by="other")) == ["", "", "", "BudgetExceeded"]
        assert _errors(_send(client, 5)) == [""] * 5
        # Groups of the same name belong to different owners.
        for owner in ("a", "b"):
            assert _errors(_send(client, 2, created_by=owner, group="g")) == ["", "BudgetExceeded"]


def test_long_text_that_exceeds_the_budget_leaves_room_for_a_short_one(redis_url: str) -> None:
    with _client(redis_url, budgets="3/day account") as client:
        client.send(NUMBER, "あ" * 100)
        with pytest.raises(BudgetExceeded):
            client.send(NUMBER, "い" * 100)
        client.send(NUMBER, "short")


def test_message_that_is_not_sent_gives_its_parts_back(redis_url: str, redis: Redis, worker: WorkerStore) -> None:
    with _client(redis_url, budgets="2/day account; 5/month group g", suppression_key=KEY) as client:
        canceled, rejected = (client.send(NUMBER, text, group="g").client_tag for text in ("one", "two"))
        client.cancel(canceled)
        client.cancel(canceled)
        claim_one(worker, rejected)
        update_one(worker, rejected, State.REJECTED)
        client.suppressions.add(OTHER)
        assert client.send(OTHER, "never", group="g").is_suppressed
        assert set(redis.hgetall("zettai:spent").values()) == set()

        assert _errors(_send(client, 3, group="g")) == ["", "", "BudgetExceeded"]


def test_sent_message_keeps_its_parts(redis_url: str, redis: Redis, worker: WorkerStore) -> None:
    with _client(redis_url, budgets="2/day account") as client:
        tag = client.send(NUMBER, "one").client_tag
    claim_one(worker, tag)
    update_one(worker, tag, State.ACCEPTED, due_in=timedelta(minutes=1))
    accepted = frozenset({State.ACCEPTED})
    update_one(worker, tag, State.UNDELIVERED, expected_states=accepted, claim_id=None)
    assert list(redis.hgetall("zettai:spent").values()) == ["1"]


def test_replacement_is_charged_in_place_of_its_message(redis_url: str, redis: Redis) -> None:
    with _client(redis_url, budgets="2/day account", same_text_per_minute=1) as client:
        tag = client.send(NUMBER, "one").client_tag
        with pytest.raises(BudgetExceeded):
            client.replace(tag, body="あ" * 200)
        assert client.get(tag).state is State.QUEUED  # type: ignore[union-attr]

        replaced = client.replace(tag, body="あ" * 100)
        assert replaced.outcome is ReplaceOutcome.REPLACED
        assert list(redis.hgetall("zettai:spent").values()) == ["2"]
        client.cancel(replaced.client_tag or "")
        assert list(redis.hgetall("zettai:spent").values()) == []


def test_share_of_the_quota_is_kept_for_the_urgent_lane(redis_url: str) -> None:
    with _client(redis_url, plan_quota=10, urgent_share=0.2) as client:
        assert _errors(_send(client, 9, lane="bulk")) == [""] * 8 + ["BudgetExceeded"]
        with pytest.raises(BudgetExceeded, match="kept for the urgent lane"):
            client.send(NUMBER, "single")
        assert _errors(_send(client, 5, lane="urgent")) == [""] * 5


def test_number_that_is_not_allowed_is_refused(redis_url: str) -> None:
    with _client(redis_url, only_to="090-1234-5678, 08011112222") as client:
        client.send("+819012345678", "a tester")
        with pytest.raises(NotAllowed) as caught:
            client.send(OTHER, "a customer")
    assert isinstance(caught.value, GuardError)
    assert OTHER[3:] not in str(caught.value)


def test_budgets_and_numbers_are_read_from_files(redis_url: str, tmp_path: Any) -> None:
    budgets, numbers = tmp_path / "budgets", tmp_path / "numbers"
    budgets.write_text("# ours\n1/day group spring sale\n", encoding="utf-8")
    numbers.write_text("09012345678  # the tester\n", encoding="utf-8")
    with _client(redis_url, budgets_file=budgets, only_to_file=numbers) as client:
        assert _errors(_send(client, 2, group="spring sale")) == ["", "BudgetExceeded"]
        with pytest.raises(NotAllowed):
            client.send(OTHER, "a customer")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"urgent_per_number": "5 per hour"}, "ZETTAI_URGENT_PER_NUMBER: must be rates"),
        ({"urgent_per_number": "0/day"}, "ZETTAI_URGENT_PER_NUMBER"),
        ({"same_text_per_minute": 1001}, "ZETTAI_SAME_TEXT_PER_MINUTE"),
        ({"budgets": "100/week account"}, "ZETTAI_BUDGETS: must be budgets"),
        ({"budgets": "100/day account main"}, "ZETTAI_BUDGETS"),
        ({"budgets": "100/day key"}, "ZETTAI_BUDGETS"),
        ({"only_to": ""}, "ZETTAI_ONLY_TO: must have at least one number"),
        ({"only_to": "0312345678"}, "ZETTAI_ONLY_TO: must be a Japanese mobile number"),
        ({"budgets_file": "/nowhere"}, "ZETTAI_BUDGETS_FILE: /nowhere cannot be read"),
        ({"only_to_file": "/nowhere"}, "ZETTAI_ONLY_TO_FILE: /nowhere cannot be read"),
    ],
)
def test_wrong_setting_is_refused(settings: dict[str, Any], expected: str) -> None:
    with pytest.raises(SettingsError, match=expected) as caught:
        Settings.load(**settings)
    assert "0312345678" not in str(caught.value)
