"""`zettai limiter`."""

from datetime import timedelta

import pytest
from redis import Redis
from tests.integration.cli.helpers import PHONE, document, settings, zettai
from tests.support.store_helpers import suspend_sender

from zettai import SmsClient, State
from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys


def test_limiter_show_needs_no_token(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)
    shown = document(zettai("limiter", "show", "--json"))
    assert (shown["limit"], shown["rate"], shown["paused"], shown["override"]) == ("600/second", 597.0, False, None)


def test_set_default_restores_the_setting(redis_settings: str) -> None:
    assert document(zettai("limiter", "set", "300/second", "--json"))["rate"] == pytest.approx(298.5)
    assert document(zettai("limiter", "show", "--json"))["override"] == pytest.approx(298.5)
    assert document(zettai("limiter", "set", "--default", "--json"))["rate"] == pytest.approx(597)


@pytest.mark.parametrize("words", [("900/second",), ("fast",), (), ("300/second", "--default")])
def test_invalid_or_higher_rate_is_rejected(redis_settings: str, words: tuple[str, ...]) -> None:
    result = zettai("limiter", "set", *words)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert document(zettai("limiter", "show", "--json"))["override"] is None
    assert zettai("audit", "--json").stdout == ""


def test_a_rate_that_cannot_be_read_is_named(redis_settings: str) -> None:
    assert "'fast' is not one limit such as '600/second'" in zettai("limiter", "set", "fast").stderr


def test_pause_ends_by_time_or_by_resume(redis_settings: str) -> None:
    assert document(zettai("limiter", "pause", "60", "--json"))["paused_until"] is not None
    assert document(zettai("limiter", "resume", "--json"))["paused"] is False
    until_resumed = document(zettai("limiter", "pause", "--json"))
    assert (until_resumed["paused"], until_resumed["paused_until"]) == (True, None)
    assert "until you run zettai limiter resume" in zettai("limiter", "show").stdout


def test_resume_makes_held_messages_due(client: SmsClient, redis_settings: str) -> None:
    with Redis.from_url(redis_settings, decode_responses=True) as redis:
        store = WorkerStore(redis, Keys("zettai"))
        client.send(PHONE, "x", client_tag="t1")
        store.suspend("in a test", retry_in=timedelta(hours=1))
        for _ in range(2):
            client.send(PHONE, "x", client_tag="t2")
            store.claim(["t1", "t2"], "claim", claim_timeout=timedelta(seconds=60), held_for=timedelta(hours=1))
        assert client.get("t2").state is State.HELD  # type: ignore[union-attr]
        zettai("limiter", "resume")
        assert "t2" in store.find_resumable()


def test_suspended_sender_is_shown_and_resumed(redis_settings: str) -> None:
    with Redis.from_url(redis_settings, decode_responses=True) as redis:
        suspend_sender(WorkerStore(redis, Keys("zettai")), "77777")
    shown = zettai("limiter", "show").stdout
    [suspended] = document(zettai("limiter", "show", "--json"))["suspended"]

    assert (suspended["sender"], suspended["reason"]) == ("77777", "Invalid smsCode")
    assert "sender 77777: Invalid smsCode; one message tries at" in shown
    assert document(zettai("limiter", "resume", "--json"))["suspended"] == []


def test_unreachable_redis_exits_with_4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", settings("redis://:geheim@127.0.0.1:1")["ZETTAI_REDIS_URL"])
    result = zettai("limiter", "show")
    assert result.exit_code == 4
    assert "geheim" not in result.stderr
