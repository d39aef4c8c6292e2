"""`zettai doctor`, against real servers."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
import trustme
from redis import Redis
from tests.integration.cli.given import TOKEN, document, eventually, running, settings, zettai
from tests.support.servers import valkey

from zettai_cli.operations.doctor import inspection
from zettai_simulator.process import SimulatorProcess

Verdicts: TypeAlias = Callable[..., tuple[dict[str, str], int]]


@pytest.fixture
def verdicts(redis_settings: str, monkeypatch: pytest.MonkeyPatch) -> Verdicts:
    """Run the doctor where no workers are, and answer each check's verdict and the exit code."""
    monkeypatch.setattr(inspection, "PING_TIMEOUT", timedelta(seconds=0.1))

    def run(*words: str) -> tuple[dict[str, str], int]:
        result = zettai("doctor", "--json", *words)
        assert TOKEN not in result.output
        return {check["name"]: check["result"] for check in document(result)["checks"]}, result.exit_code

    return run


def test_all_is_well(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With workers, beat and the provider in place every check is ok, the call to the provider included."""
    with SimulatorProcess() as simulator:
        environment = settings(redis_url, simulator.url)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with running(tmp_path / "log", environment, "--processes=1", "--threads=1", "--lanes=status"):
            eventually(lambda: zettai("doctor", "--json").exit_code == 0, "health")
            result = zettai("doctor", "--call", "--json")
    assert {check["result"] for check in document(result)["checks"]} == {"ok"}
    assert len(document(result)["checks"]) == 15


def test_what_does_not_run_fails(verdicts: Verdicts) -> None:
    """Without workers, beat and provider Redis is still looked at."""
    found, code = verdicts()
    assert code == 1
    assert [name for name, verdict in found.items() if verdict == "failed"] == ["workers", "beat", "provider"]
    assert found["redis persistence"] == "ok"


def test_each_wrong_setting_is_named(verdicts: Verdicts, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what can be looked at without them is."""
    monkeypatch.setenv("ZETTAI_TOKEN", "geheim")
    monkeypatch.delenv("ZETTAI_SMS_CODE")
    result = zettai("doctor", "--json")
    named = [check["found"].split(":")[0] for check in document(result)["checks"] if check["name"] == "settings"]
    assert sorted(named) == ["ZETTAI_SMS_CODE", "ZETTAI_TOKEN"]
    assert verdicts()[0]["redis"] == "ok"
    assert "geheim" not in result.output


def test_redis_away_is_the_only_thing_said_of_it(verdicts: Verdicts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its URL is shown without the password."""
    monkeypatch.setenv("ZETTAI_REDIS_URL", "redis://user:geheim@127.0.0.1:1/0")
    found, _ = verdicts()
    assert found == {"settings": "ok", "redis": "failed", "provider": "failed"}
    shown = zettai("doctor").stdout
    assert "redis://127.0.0.1:1/0" in shown
    assert "geheim" not in shown


@pytest.mark.parametrize(("durable", "verdict"), [("no", "warning"), ("yes", "failed")])
def test_a_redis_that_cannot_be_waited_for_is_told(
    verdicts: Verdicts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, durable: str, verdict: str
) -> None:
    """It fails only where all messages shall be durable; persistence fails by itself."""
    with valkey(tmp_path) as server, Redis.from_url(server.connection_url) as redis:
        redis.config_set("appendonly", "no")
        monkeypatch.setenv("ZETTAI_REDIS_URL", server.connection_url)
        monkeypatch.setenv("ZETTAI_DURABLE", durable)
        found, _ = verdicts()
    assert (found["redis persistence"], found["durable acceptance"]) == ("failed", verdict)


@pytest.fixture
def managed(tmp_path: Path) -> Iterator[str]:
    """A Redis as a provider of servers sets it up: with a password, and without CONFIG and INFO."""
    with valkey(tmp_path) as server, Redis.from_url(server.connection_url) as redis:
        redis.acl_setuser("app", enabled=True, passwords=["+geheim"], categories=["+@all"], keys=["*"], channels=["*"])
        redis.execute_command("ACL", "SETUSER", "app", "-config", "-info")
        yield server.connection_url.replace("redis://", "redis://app:geheim@")


def test_a_managed_redis_may_keep_its_configuration_to_itself(
    verdicts: Verdicts, managed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be found out is unknown, and no failure."""
    monkeypatch.setenv("ZETTAI_REDIS_URL", managed)
    found, _ = verdicts()
    assert {name for name, verdict in found.items() if verdict == "unknown"} == {
        "redis server",
        "redis persistence",
        "redis eviction",
    }


def test_a_wrong_password_is_said_to_be_one(verdicts: Verdicts, managed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not that Redis does not answer."""
    monkeypatch.setenv("ZETTAI_REDIS_URL", managed.replace("geheim", "falsch"))
    result = zettai("doctor")
    assert "the user or the password is wrong" in result.stdout
    assert "falsch" not in result.output


def test_a_wrong_token_shows_by_the_call_only(verdicts: Verdicts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call is made on request, and fails where the provider does not know us."""
    with SimulatorProcess(token="f" * 32) as simulator:
        monkeypatch.setenv("ZETTAI_API_URL", simulator.url)
        assert verdicts()[0]["provider"] == "ok"
        assert verdicts("--call")[0]["provider call"] == "failed"


@pytest.mark.parametrize(("trusted", "verdict"), [(True, "ok"), (False, "failed")])
def test_the_certificate_is_checked(
    verdicts: Verdicts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: bool, verdict: str
) -> None:
    """TLS 1.2 with a certificate that somebody trusted has signed."""
    authority, other = trustme.CA(), trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    (authority if trusted else other).cert_pem.write_to_path(tmp_path / "ca.pem")
    with SimulatorProcess(certificate=tmp_path / "server.pem", key=tmp_path / "server.pem") as simulator:
        monkeypatch.setenv("ZETTAI_API_URL", simulator.url.replace("127.0.0.1", "localhost"))
        monkeypatch.setenv("ZETTAI_CA_FILE", str(tmp_path / "ca.pem"))
        assert verdicts()[0]["provider TLS"] == verdict


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:geheim@host:6379/0", "redis://host:6379/0"),
        ("rediss://user:ge@heim@host/0?password=geheim", "rediss://host/0"),
        ("redis+socket:///run/redis.sock?virtual_host=1", "redis+socket:///run/redis.sock"),
    ],
)
def test_no_secret_of_a_url_is_shown(url: str, shown: str) -> None:
    """Neither user nor password nor query."""
    assert inspection.without_secrets(url) == shown
