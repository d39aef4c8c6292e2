"""`zettai events replay` and `zettai events forget`."""

from pathlib import Path

import pytest
from redis import Redis
from tests.integration.cli.helpers import zettai
from tests.integration.webhooks.conftest import Start
from tests.support.stack import eventually
from tests.support.webhooks import Receiver, append, open_group, table

from zettai.core.store.keys import Keys


def test_replay_delivers_events_again_with_their_ids(  # noqa: PLR0917 - fixtures
    redis: Redis,
    keys: Keys,
    receiver: Receiver,
    start: Start,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    open_group(redis, keys, "shop")
    with receiver.listen() as url:
        (tmp_path / "webhooks.toml").write_text(table(url, more='allow_private = true\nevents = ["delivered"]'))
        start()
        ids = append(redis, keys, "t1", "t2", "t3", "t4")
        append(redis, keys, "t5", event_type="accepted")
        eventually(lambda: len(receiver.requests) == 4, "all are delivered")
        for words, expected in (
            (("--from", ids[1], "--to", ids[2]), ids[1:3]),
            (("--tag", "t4"), ids[3:]),
            (("--since", "2026-01-01T00:00+09:00", "--type", "delivered"), ids),
            (("--since", "2026-01-01T00:00+09:00"), ids),
        ):
            receiver.requests.clear()
            result = zettai("events", "replay", "shop", *words)
            assert result.exit_code == 0, result.stderr
            eventually(lambda: len(receiver.requests) == len(expected), "they are delivered again")  # noqa: B023
            assert sorted(one.id for one in receiver.requests) == expected


def test_given_up_events_are_replayed_once(  # noqa: PLR0917 - fixtures
    redis: Redis,
    keys: Keys,
    receiver: Receiver,
    start: Start,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment["ZETTAI_WEBHOOK_GIVE_UP_AFTER"] = "0.001"
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    open_group(redis, keys, "shop")
    receiver.answer = lambda _id, _data: 500
    with receiver.listen() as url:
        (tmp_path / "webhooks.toml").write_text(table(url))
        start()
        ids = append(redis, keys, "t1", "t2", "t3")
        eventually(lambda: redis.zcard(keys.webhook_given_up("shop")) == 3, "they are given up")
        receiver.answer = lambda _id, _data: 200
        result = zettai("events", "replay", "shop", "--given-up")
        assert (result.exit_code, result.stdout) == (0, "3 events wait for shop\n")
        eventually(lambda: len(receiver.accepted) == 3, "they arrive")

    assert sorted(one.id for one in receiver.accepted) == ids
    assert redis.zcard(keys.webhook_given_up("shop")) == 0


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("shop",), 2, "give --given-up alone, or choose events"),
        (("shop", "--given-up", "--tag", "t1"), 2, "give --given-up alone, or choose events"),
        (("shop", "--from", "yesterday"), 2, "'yesterday' is not the id of an event"),
        (("shop", "--from", f"{2**64}-0"), 2, "is not the id of an event"),
        (("shop", "--since", "2026-01-01T00:00+09:00", "--from", "1-0"), 2, "--since or --from, not both"),
        (("other", "--given-up"), 1, "no endpoint 'other'; there are: shop"),
    ],
)
def test_replay_refuses_wrong_arguments(  # noqa: PLR0917 - fixtures
    redis: Redis,
    keys: Keys,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: int,
    expected: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    open_group(redis, keys, "shop")
    result = zettai("events", "replay", *words)
    assert result.exit_code == code
    assert expected in result.stderr
    assert redis.llen(keys.webhook_replays("shop")) == 0


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--from", "0-0"), 2),
        (("--from", f"{2**64 - 1}-{2**64 - 1}"), 0),
        (("--since", "1969-01-01T00:00+09:00"), 2),
        (("--until", "1969-01-01T00:00+09:00"), 0),
    ],
)
def test_replay_takes_ids_and_times_outside_of_the_stream(  # noqa: PLR0917 - fixtures
    redis: Redis,
    keys: Keys,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str],
    count: int,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    open_group(redis, keys, "shop")
    append(redis, keys, "t1", "t2")
    result = zettai("events", "replay", "shop", *words)
    assert (result.exit_code, redis.llen(keys.webhook_replays("shop"))) == (0, count), result.stderr


def test_replays_are_bounded(
    redis: Redis, keys: Keys, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("zettai_worker.webhooks.replay.MOST_REPLAYS", 15)
    open_group(redis, keys, "shop")
    append(redis, keys, *(f"t{number}" for number in range(10)))
    results = [zettai("events", "replay", "shop", "--type", "delivered") for _ in range(2)]
    assert [one.exit_code for one in results] == [0, 1]
    assert redis.llen(keys.webhook_replays("shop")) == 10


def test_endpoint_that_was_removed_is_forgotten(  # noqa: PLR0917 - fixtures
    redis: Redis,
    keys: Keys,
    receiver: Receiver,
    start: Start,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    open_group(redis, keys, "shop")
    with receiver.listen() as url:
        (tmp_path / "webhooks.toml").write_text(table(url))
        process = start()
        append(redis, keys, "t1")
        eventually(lambda: receiver.requests, "it arrives")
        assert zettai("events", "forget", "shop").exit_code == 1
        process.terminate()
        process.wait()

    assert zettai("events", "forget", "shop").exit_code == 0
    assert redis.xinfo_groups(keys.events) == []
    assert sorted(redis.keys("test:*")) == ["test:events", "test:layout"]
