"""`zettai doctor` with real servers."""

from base64 import standard_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
import trustme
from redis import Redis
from tests.integration.cli.helpers import PHONE, TOKEN, document, eventually, running, settings, zettai
from tests.support.servers import valkey
from tests.support.store_helpers import suspend_sender

from zettai import Settings, SmsClient
from zettai.core.redis_url import without_secrets
from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys
from zettai_simulator.process import SimulatorProcess

RunDoctor: TypeAlias = Callable[..., tuple[dict[str, str], int]]


@pytest.fixture
def run_doctor(redis_settings: str, monkeypatch: pytest.MonkeyPatch) -> RunDoctor:
    """Run doctor without workers. Return the result of each check and the exit code."""
    monkeypatch.setattr("zettai_worker.worker_pings.PING_TIMEOUT", 0.1)

    def run(*words: str) -> tuple[dict[str, str], int]:
        result = zettai("doctor", "--json", *words)
        assert TOKEN not in result.output
        return {check["name"]: check["result"] for check in document(result)["checks"]}, result.exit_code

    return run


def test_healthy_installation_passes(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SimulatorProcess() as simulator:
        environment = settings(redis_url, simulator.url)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with running(tmp_path / "log", environment, "--processes=1", "--lanes=status"):
            eventually(lambda: zettai("doctor", "--json").exit_code == 0, "health")
            result = zettai("doctor", "--call", "--json")
    assert {check["result"] for check in document(result)["checks"]} == {"ok"}
    assert len(document(result)["checks"]) == 26


def test_refused_sender_code_and_suspended_sender_are_named(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with SimulatorProcess(senders="12345,88888") as simulator:
        given = {**settings(redis_url, simulator.url), "ZETTAI_SENDERS": "77777,88888"}
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        with Redis.from_url(redis_url, decode_responses=True) as redis:
            suspend_sender(WorkerStore(redis, Keys("zettai")), "77777")
        found = {check["name"]: check for check in document(zettai("doctor", "--call", "--json"))["checks"]}

    assert (found["sender codes"]["result"], found["sender codes"]["found"]) == ("failed", "77777: Invalid smsCode")
    assert found["sending"]["found"] == "sender 77777 is suspended: Invalid smsCode"


def test_missing_worker_and_beat_fail(run_doctor: RunDoctor) -> None:
    found, code = run_doctor()
    assert code == 1
    assert [name for name, result in found.items() if result == "failed"] == ["workers", "beat", "provider"]
    assert found["redis persistence"] == "ok"


def test_workers_and_beat_are_checked_without_settings_of_the_provider(
    run_doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZETTAI_TOKEN")

    found, _ = run_doctor()

    assert (found["workers"], found["beat"]) == ("failed", "failed")


def test_wrong_rate_limit_hides_only_the_check_of_the_limit(
    run_doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete, _ = run_doctor()
    monkeypatch.setenv("ZETTAI_RATE_LIMIT", "many")

    found, _ = run_doctor()

    assert found["settings"] == "failed"
    assert complete.keys() - found.keys() == {"rate limit", "visibility timeout", "provider"}


def test_missing_token_is_a_warning_in_development(run_doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZETTAI_TOKEN")

    assert run_doctor()[0]["settings"] == "failed"
    assert run_doctor("--dev")[0]["settings"] == "warning"


def test_each_wrong_setting_is_named(run_doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_TOKEN", "geheim")
    monkeypatch.delenv("ZETTAI_SMS_CODE")
    result = zettai("doctor", "--json")
    named = [check["found"].split(":")[0] for check in document(result)["checks"] if check["name"] == "settings"]
    assert sorted(named) == ["ZETTAI_SMS_CODE", "ZETTAI_TOKEN"]
    assert run_doctor()[0]["redis"] == "ok"
    assert "geheim" not in result.output


KEYS = [standard_b64encode(bytes([number]) * 32).decode() for number in (1, 2)]
INDEX_KEYS = ["the-first-key-of-an-index-for-tests", "another-key-of-an-index-for-tests"]


@pytest.mark.parametrize(
    ("producer", "here", "expected"),
    [
        ({}, {}, ("ok", "ok")),
        ({"encryption_keys": KEYS[0], "index_key": INDEX_KEYS[0]}, {}, ("failed", "ok")),
        ({}, {"encryption_keys": KEYS[0], "index_key": INDEX_KEYS[0]}, ("warning", "warning")),
        ({"encryption_keys": KEYS[0]}, {"encryption_keys": KEYS[0]}, ("ok", "ok")),
        ({"encryption_keys": KEYS[0]}, {"encryption_keys": KEYS[1]}, ("failed", "ok")),
        ({"encryption_keys": KEYS[0]}, {"encryption_keys": f"{KEYS[1]} {KEYS[0]}"}, ("warning", "ok")),
        ({"index_key": INDEX_KEYS[0]}, {"index_key": f"{INDEX_KEYS[1]} {INDEX_KEYS[0]}"}, ("ok", "ok")),
        ({"index_key": INDEX_KEYS[0]}, {"index_key": INDEX_KEYS[1]}, ("ok", "failed")),
    ],
)
def test_keys_are_compared_with_those_of_producers(  # noqa: PLR0917 - fixtures
    run_doctor: RunDoctor,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    producer: dict[str, str],
    here: dict[str, str],
    expected: tuple[str, str],
) -> None:
    with SmsClient(Settings.load(redis_url=redis_url, **producer)) as client:
        client.send(PHONE, "hello")
    for name, value in here.items():
        monkeypatch.setenv(f"ZETTAI_{name.upper()}", value)

    found, _ = run_doctor()

    assert (found["encryption"], found["number index"]) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ZETTAI_ENCRYPTION_KEYS", "geheim", "ZETTAI_ENCRYPTION_KEYS: each key must be 32 bytes in base64"),
        ("ZETTAI_INDEX_KEY", "geheim", "ZETTAI_INDEX_KEY: must have at least 32 characters"),
        ("ZETTAI_INDEX_KEY_FILE", "/geheim-missing", "ZETTAI_INDEX_KEY_FILE: /geheim-missing cannot be read"),
    ],
)
def test_key_of_the_wrong_form_or_in_an_unreadable_file_is_named(
    run_doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)

    assert run_doctor()[0]["settings"] == "failed"
    report = document(zettai("doctor", "--json"))["checks"]
    assert [check for check in report if check["name"] == "settings" and check["found"].startswith(expected)]
    assert name.endswith("_FILE") or value not in str(report)


def test_unreachable_redis_is_one_failed_check(run_doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", "redis://user:geheim@127.0.0.1:1/0")
    found, _ = run_doctor()
    assert found == {"settings": "ok", "redis": "failed", "provider": "failed"}
    shown = zettai("doctor").stdout
    assert "redis://127.0.0.1:1/0" in shown
    assert "geheim" not in shown


@pytest.mark.parametrize(("durable", "result"), [("no", "warning"), ("yes", "failed")])
def test_redis_without_waitaof_is_reported(
    run_doctor: RunDoctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, durable: str, result: str
) -> None:
    with valkey(tmp_path) as server, Redis.from_url(server.connection_url) as redis:
        redis.config_set("appendonly", "no")
        monkeypatch.setenv("ZETTAI_REDIS_URL", server.connection_url)
        monkeypatch.setenv("ZETTAI_DURABLE", durable)
        found, _ = run_doctor()
    assert (found["redis persistence"], found["durable acceptance"]) == ("failed", result)


@pytest.fixture
def managed(tmp_path: Path) -> Iterator[str]:
    """Return the URL of a managed Redis: with a password, without CONFIG and INFO."""
    with valkey(tmp_path) as server, Redis.from_url(server.connection_url) as redis:
        redis.acl_setuser("app", enabled=True, passwords=["+geheim"], categories=["+@all"], keys=["*"], channels=["*"])
        redis.execute_command("ACL", "SETUSER", "app", "-config", "-info")
        yield server.connection_url.replace("redis://", "redis://app:geheim@")


def test_managed_redis_without_config_is_unknown(
    run_doctor: RunDoctor, managed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", managed)
    found, _ = run_doctor()
    assert {name for name, result in found.items() if result == "unknown"} == {
        "redis server",
        "redis persistence",
        "redis eviction",
    }


def test_wrong_redis_password_is_reported(run_doctor: RunDoctor, managed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", managed.replace("geheim", "falsch"))
    result = zettai("doctor")
    assert "the user or the password is wrong" in result.stdout
    assert "falsch" not in result.output


def test_wrong_token_is_found_with_call_only(run_doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch) -> None:
    with SimulatorProcess(token="f" * 32) as simulator:
        monkeypatch.setenv("ZETTAI_API_URL", simulator.url)
        assert run_doctor()[0]["provider"] == "ok"
        assert run_doctor("--call")[0]["provider call"] == "failed"


@pytest.mark.parametrize(("trusted", "result"), [(True, "ok"), (False, "failed")])
def test_certificate_of_the_provider_is_checked(
    run_doctor: RunDoctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: bool, result: str
) -> None:
    authority, other = trustme.CA(), trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    (authority if trusted else other).cert_pem.write_to_path(tmp_path / "ca.pem")
    with SimulatorProcess(certificate=tmp_path / "server.pem", key=tmp_path / "server.pem") as simulator:
        monkeypatch.setenv("ZETTAI_API_URL", simulator.url.replace("127.0.0.1", "localhost"))
        monkeypatch.setenv("ZETTAI_CA_FILE", str(tmp_path / "ca.pem"))
        assert run_doctor()[0]["provider TLS"] == result


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:geheim@host:6379/0", "redis://host:6379/0"),
        ("rediss://user:ge@heim@host/0?password=geheim", "rediss://host/0"),
        ("redis+socket:///run/redis.sock?virtual_host=1", "redis+socket:///run/redis.sock"),
    ],
)
def test_secrets_in_urls_are_not_shown(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


def test_all_missing_settings_are_named_at_once(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "TOKEN_FILE", "CLIENT_ID", "SMS_CODE"):
        monkeypatch.delenv(f"ZETTAI_{name}", raising=False)
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)

    found = [check for check in document(zettai("doctor", "--json"))["checks"] if check["name"] == "settings"]

    assert [check["found"].partition(":")[0] for check in found] == [
        "ZETTAI_CLIENT_ID",
        "ZETTAI_SMS_CODE",
        "ZETTAI_TOKEN",
    ]
    assert all("set ZETTAI_" in check["advice"] for check in found)


def test_files_that_cannot_be_read_and_wrong_keys_are_named_beside_what_is_missing(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)
    monkeypatch.setenv("ZETTAI_SUPPRESSION_KEY", "short")
    missing = str(tmp_path / "missing")
    for name in ("ZETTAI_REDIS_PASSWORD_FILE", "ZETTAI_ACCOUNTS_FILE", "ZETTAI_TOKEN_FILE", "ZETTAI_BUDGETS_FILE"):
        monkeypatch.setenv(name, missing)

    found = [check for check in document(zettai("doctor", "--json"))["checks"] if check["name"] == "settings"]

    assert {check["found"].partition(":")[0] for check in found} == {
        "ZETTAI_SUPPRESSION_KEY",
        "ZETTAI_REDIS_PASSWORD_FILE",
        "ZETTAI_ACCOUNTS_FILE",
        "ZETTAI_TOKEN_FILE",
        "ZETTAI_BUDGETS_FILE",
        "ZETTAI_CLIENT_ID",
        "ZETTAI_SMS_CODE",
        "ZETTAI_TOKEN",
    }
    assert len(found) == 8
    assert {check["advice"] for check in found if check["found"].endswith("cannot be read")} == {
        "check the path, and that the user of this process may read the file"
    }


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("ZETTAI_RATE_LIMTI", "rename it to ZETTAI_RATE_LIMIT"),
        ("ZETTAI_WEBHOOK_FILE", "rename it to ZETTAI_WEBHOOKS_FILE"),
        ("ZETTAI_QQQQQQQQQQQQQQQQ", "remove it: see docs/reference/settings.md"),
    ],
)
def test_unknown_variable_is_named_with_a_suggestion(
    redis_settings: str, monkeypatch: pytest.MonkeyPatch, name: str, advice: str
) -> None:
    monkeypatch.setenv(name, "geheim")

    result = zettai("doctor", "--json")

    [warning] = [check for check in document(result)["checks"] if name in check["found"]]
    assert (warning["result"], warning["advice"]) == ("warning", advice)
    assert "geheim" not in result.output


def test_redis_without_persistence_is_a_warning_in_development(redis_url: str, run_doctor: RunDoctor) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.config_set("appendonly", "no")
        try:
            assert run_doctor()[0]["redis persistence"] == "failed"
            assert run_doctor("--dev")[0]["redis persistence"] == "warning"
        finally:
            redis.config_set("appendonly", "yes")
