"""API keys are added, revoked, replaced, limited in time and bound to addresses, without a restart."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.integration.gateway.given import Gateway, serving

from zettai.core import watched_file
from zettai.gateway.api_key_file import ApiKeyFile
from zettai.gateway.api_keys import Scope, new_key, parse_keys

NOW = datetime.now(UTC)


def status(gateway: Gateway, key: str, **headers: str) -> int:
    return gateway.ask("GET", "/v1/messages", key=key, **headers).status


def metrics(gateway: Gateway) -> bytes:
    return gateway.ask("GET", "/metrics", key="prometheus").body


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_key_is_added_and_revoked_without_a_restart(tmp_path: Path, redis_url: str) -> None:
    with serving(tmp_path / "log", redis_url) as gateway:
        file = tmp_path / "log.keys"
        added, stored = new_key("new", [Scope.READ])
        assert (status(gateway, added), status(gateway, "reader")) == (401, 200)
        lines = file.read_text().splitlines()
        [gateway_line] = [line for line in lines if line.startswith("prometheus:")]
        file.write_text("\n".join([*(line for line in lines if not line.startswith("reader:")), str(stored)]))
        wait_until(lambda: status(gateway, "reader") == 401)

        assert status(gateway, added) == 200
        file.write_text("broken")
        wait_until(lambda: b"zettai_gateway_api_keys_outdated 1.0" in metrics(gateway))
        assert "api_keys_not_read" in gateway.log.read_text()
        assert status(gateway, added) == 200
        file.write_text(f"{stored}\n{gateway_line}")
        wait_until(lambda: b"zettai_gateway_api_keys_outdated 0.0" in metrics(gateway))
        file.write_text("# no key any more\n")
        wait_until(lambda: status(gateway, added) == 401)
        assert "broken" not in gateway.log.read_text()


def test_key_is_replaced_while_both_are_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_file, "CHECK_EVERY", timedelta())
    path = tmp_path / "keys"
    (old, old_line), (new, new_line) = (new_key("web", [Scope.SEND]) for _ in range(2))
    path.write_text(f"{old_line}\n")
    keys = ApiKeyFile(path)
    path.write_text(f"{old_line}\n{new_line}\n")
    assert (keys.find(old), keys.find(new)) == (old_line, new_line)
    path.write_text(f"{new_line}\n")

    assert (keys.find(old), keys.find(new)) == (None, new_line)


def test_file_that_is_gone_changes_nothing_and_is_logged_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_file, "CHECK_EVERY", timedelta())
    path = tmp_path / "keys"
    key, line = new_key("web", [Scope.SEND])
    path.write_text(str(line))
    keys = ApiKeyFile(path)
    path.unlink()
    with capture_logs() as logs:
        assert keys.find(key) == keys.find(key) == line

    assert [one["event"] for one in logs] == ["api_keys_not_read"]


def test_expired_key_is_refused(tmp_path: Path, redis_url: str) -> None:
    with serving(tmp_path / "log", redis_url) as gateway:
        made = [new_key("web", [Scope.READ], expires=NOW + timedelta(hours=hours)) for hours in (-1, 1)]
        with (tmp_path / "log.keys").open("a") as file:
            file.write("\n" + "\n".join(str(line) for _, line in made))
        (old, _), (new, _) = made
        wait_until(lambda: status(gateway, new) == 200)
        answer = gateway.ask("GET", "/v1/messages", key=old)

    assert (answer.status, answer.problem, answer.json["detail"]) == (401, "no-api-key", "The API key has expired.")


def test_key_is_bound_to_addresses_as_a_trusted_proxy_names_them(tmp_path: Path, redis_url: str) -> None:
    made = {net: new_key("bound", [Scope.READ], networks=net) for net in ("127.0.0.1", "192.0.2.0/24,2001:db8::/32")}
    keys = " ".join(str(line) for _, line in made.values())
    here, there = (key for key, _ in made.values())
    with serving(tmp_path / "a", redis_url, GATEWAY_KEYS=keys) as gateway:
        assert status(gateway, here) == 200
        assert status(gateway, there, X_Forwarded_For="192.0.2.7") == 403
        refused = gateway.ask("GET", "/v1/messages", key=there)
        assert "127.0.0.1" in gateway.log.read_text()
    with serving(tmp_path / "b", redis_url, GATEWAY_KEYS=keys, REPORT_PROXIES="127.0.0.1") as gateway:
        assert status(gateway, there, X_Forwarded_For="192.0.2.7") == 200
        assert status(gateway, there, X_Forwarded_For="192.0.2.7, 198.51.100.1") == 403
        assert status(gateway, here, X_Forwarded_For="198.51.100.1") == 403
        log = gateway.log.read_text()

    assert refused.problem == "address-not-allowed"
    assert '"key": null, "client": "198.51.100.1"' in log


def test_line_has_its_options() -> None:
    key, line = new_key("web", [Scope.SEND], team="shops", expires=NOW, networks="192.0.2.7,2001:db8::/32")

    assert parse_keys(f"# ours\n{line}").find(key) == line
    assert str(line).count(";") == 2


@pytest.mark.parametrize(
    "options",
    [
        "team",
        "team=",
        "team=a b",
        "team=-a",
        "team=a;team=b",
        "rights=all",
        "expires=soon",
        "expires=2027-01-01T00:00",
        "from=home",
    ],
)
def test_invalid_options_are_refused(options: str) -> None:
    _, line = new_key("web", [Scope.SEND])

    with pytest.raises(ValueError, match="line 1"):
        parse_keys(f"{line}:{options}")
