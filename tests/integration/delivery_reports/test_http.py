"""The HTTP side of the delivery report endpoint: paths, methods, addresses, and a missing Redis."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.integration.delivery_reports.given import FORM, PATH, Receiver, as_json, counting, notification, receiving
from tests.support.servers import valkey
from tests.support.store_helpers import accepted

from zettai.asgi.report_limits import THREADS
from zettai.core.delivery_reports.sources import Sources, parse_networks
from zettai.core.states import State
from zettai.core.store import WorkerStore

TEST_NET = "192.0.2.0/24"
"""A network for documentation. No client has such an address."""


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/reports",
        "/reports/",
        f"{PATH}/",
        f"/{PATH}",
        PATH.upper(),
        PATH[:-1],
        f"{PATH}0",
        "/healthz/",
        "/%00",
        "/%ff%fe",
        "/äöü".encode().decode("latin-1"),
        "/" + "a" * 10_000,
    ],
)
def test_other_paths_are_not_found(receiver: Receiver, store: WorkerStore, path: str) -> None:
    tag = accepted(store)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

    if path.isascii():
        assert receiver.post(as_json(notification(tag)), path=path) == 404
    else:
        assert receiver.talk(head.encode("latin-1")).startswith(b"HTTP/1.1 400 ")

    assert store.get([tag])[0].state is State.ACCEPTED  # type: ignore[union-attr]


@pytest.mark.parametrize("written", [f"{PATH}?a=b", PATH.replace("reports", "%72eports")])
def test_path_may_have_a_query_or_escapes(receiver: Receiver, store: WorkerStore, written: str) -> None:
    assert receiver.post(as_json(notification(accepted(store))), path=written) == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "NONSENSE"])
def test_only_post_is_allowed(receiver: Receiver, method: str) -> None:
    assert receiver.post(b"", method=method) == 405
    assert receiver.post(b"", method=method, path="/nothing") == 404


def test_health_checks_answer_every_address(redis_url: str) -> None:
    with receiving(redis_url, report_allow=TEST_NET) as receiver:
        assert receiver.post(b"", method="GET", path="/healthz") == 200
        assert receiver.post(b"", method="GET", path="/readyz") == 200


@pytest.mark.parametrize(
    ("allow", "status"),
    [
        ("127.0.0.1", 200),
        ("192.0.2.1, 127.0.0.0/8", 200),
        (TEST_NET, 403),
        ("2001:db8::/32", 403),
    ],
)
def test_reports_are_accepted_from_allowed_networks_only(redis_url: str, allow: str, status: int) -> None:
    with receiving(redis_url, report_allow=allow) as receiver:
        tag = accepted(receiver.store)

        assert receiver.post(as_json(notification(tag)), **{"X-Forwarded-For": "192.0.2.1"}) == status

        taken = receiver.store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]
        assert taken is (status == 200)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("192.0.2.1", 200),
        ("198.51.100.9, 192.0.2.1", 200),
        ("192.0.2.1, 127.0.0.1", 200),
        ("192.0.2.1, 198.51.100.9", 403),
        ("nonsense", 403),
        ("", 403),
    ],
)
def test_address_comes_from_a_trusted_proxy(redis_url: str, header: str, status: int) -> None:
    with receiving(redis_url, report_allow=TEST_NET, report_proxies="127.0.0.1/8") as receiver:
        body = as_json(notification("nobody"))

        assert receiver.post(body, **{"X-Forwarded-For": header}) == status


def test_other_proxies_are_not_trusted(redis_url: str) -> None:
    with receiving(redis_url, report_allow=TEST_NET, report_proxies="198.51.100.9") as receiver:
        assert receiver.post(as_json(), **{"X-Forwarded-For": "192.0.2.1"}) == 403


@pytest.mark.parametrize(
    ("allow", "host", "allowed"),
    [
        (None, "192.0.2.1", True),
        (None, None, True),
        (TEST_NET, "192.0.2.1", True),
        (TEST_NET, "192.0.3.1", False),
        (TEST_NET, None, False),
        (TEST_NET, "unix:", False),
        ("2001:db8::/32", "2001:db8::1", True),
        ("2001:db8::/32", "192.0.2.1", False),
    ],
)
def test_sources_allow_addresses_of_their_networks(allow: str | None, host: str | None, allowed: bool) -> None:  # noqa: FBT001 - a table
    assert Sources(parse_networks(allow)).allow(host) is allowed


def test_reports_without_redis_get_503(store: WorkerStore) -> None:
    with receiving("redis://:geheim@127.0.0.1:1") as receiver, capture_logs() as logs:
        assert receiver.post(as_json(notification("anybody"))) == 503
        assert receiver.post(b"", method="GET", path="/readyz") == 503
        assert receiver.post(b"", method="GET", path="/healthz") == 200

    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["reports_not_recorded"]
    assert "geheim" not in str(logs)


def test_hanging_redis_does_not_delay_responses() -> None:
    """The first requests take all threads. Those that wait for a thread are answered at their own deadline."""
    requests = 5 * THREADS
    with socket.create_server(("127.0.0.1", 0), backlog=requests) as silent:
        port = silent.getsockname()[1]
        with (
            receiving(f"redis://127.0.0.1:{port}") as receiver,
            ThreadPoolExecutor(requests) as pool,
            capture_logs() as logs,
        ):
            found = list(pool.map(receiver.post, [as_json(notification("anybody"))] * requests))

    assert found == [503] * requests
    errors = {line["error"] for line in logs if line["event"] == "reports_not_recorded"}
    assert errors == {"LedgerUnavailable", "TimeoutError"}


def test_reports_are_accepted_after_redis_is_back(tmp_path: Path) -> None:
    with (
        valkey(tmp_path, fsync="always", unix_socket_path=tmp_path / "redis") as server,
        receiving(f"redis+socket://{tmp_path / 'redis'}") as receiver,
    ):
        report = as_json(notification(accepted(receiver.store)))
        server.terminate()
        assert receiver.post(report) == 503
        server.start()
        with counting() as counted:
            assert receiver.post(report) == 200
        assert counted == {"applied": 1}


def test_connection_serves_many_reports(receiver: Receiver, store: WorkerStore) -> None:
    with receiver.connected() as connection, connection.makefile("rb") as answers:
        found = []
        for body in (as_json(notification(accepted(store))), b"", as_json(notification("nobody"))):
            head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            found.append(answers.readline().split()[1])
            while answers.readline().strip():
                pass
    assert found == [b"200", b"400", b"200"]


@pytest.mark.parametrize("path", ["/v1/messages", "/docs", "/openapi.json", "/metrics"])
def test_gateway_without_api_keys_serves_no_api(receiver: Receiver, path: str) -> None:
    assert receiver.post(b"", method="GET", path=path) == 404
