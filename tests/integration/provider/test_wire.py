"""The request of each call: method, path, fields, encoding."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.integration.provider.faulty_server import Connect, Serve, answer, http
from tests.integration.provider.given import CLIENT_ID, SMS_CODE, TOKEN

from zettai_worker.provider import ProviderClient, SendRequest

ACCOUNT = {"token": TOKEN, "clientId": CLIENT_ID}
SENDER = ACCOUNT | {"smsCode": SMS_CODE}


def request_made(
    serve: Serve, connect: Connect, reply: bytes, call: Callable[[ProviderClient], object]
) -> tuple[str, str]:
    """Return the request line and the body of the one request that a call makes."""
    server = serve(reply)
    call(connect(server.url))
    (request,) = server.requests
    head, _, body = request.decode().partition("\r\n\r\n")
    return head.split("\r\n")[0], body


def test_send_is_a_form_in_utf8_with_an_encoded_plus(serve: Serve, connect: Connect, message: SendRequest) -> None:
    """The provider would read an unencoded `+` as a space."""
    line, body = request_made(serve, connect, answer(), lambda client: client.send(message))
    assert line == "POST /p5/api/mt.json HTTP/1.1"
    assert "phoneNumber=%2B819012345678" in body
    assert "%E7%A2%BA%E8%AA%8D" in body  # 確認
    assert dict(parse_qsl(body, strict_parsing=True)) == SENDER | {
        "message": message.message,
        "phoneNumber": message.phone_number,
        "clientTag": "tag-1",
    }


def test_send_with_all_fields_writes_the_time_in_japan_time(serve: Serve, connect: Connect) -> None:
    request = SendRequest(
        phone_number="09012345678",
        message="hello",
        client_tag="tag/1?&",
        schedule_time=datetime(2030, 1, 1, 15, 30, tzinfo=UTC),
        group_tag="グループ",
        carrier_id="103",
    )
    _, body = request_made(serve, connect, answer(), lambda client: client.send(request))
    assert dict(parse_qsl(body)) == SENDER | {
        "message": "hello",
        "phoneNumber": "09012345678",
        "clientTag": "tag/1?&",
        "scheduleTime": "2030-01-02 00:30",
        "groupTag": "グループ",
        "carrierId": "103",
    }


def test_headers_of_a_form_announce_its_type_and_length(serve: Serve, connect: Connect, message: SendRequest) -> None:
    server = serve(answer())
    connect(server.url).send(message)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Content-Type: application/x-www-form-urlencoded; charset=UTF-8" in head
    assert b"Accept-Encoding: identity" in head
    assert b"Cookie" not in head
    assert b"Authorization" not in head


CALLS = {
    "reservation of a tag": (
        lambda client: client.check_reservations(client_tag="a b+c"),
        "checkreservation.json",
        SENDER | {"clientTag": "a b+c"},
    ),
    "reservations of a day and a group": (
        lambda client: client.check_reservations(schedule_date=date(2030, 1, 2), group_tag="group"),
        "checkreservation.json",
        SENDER | {"scheduleDate": "20300102", "groupTag": "group"},
    ),
    "reservations of a day": (
        lambda client: client.check_reservations(schedule_date=date(2030, 1, 2)),
        "checkreservation.json",
        SENDER | {"scheduleDate": "20300102"},
    ),
    "cancel one": (
        lambda client: client.cancel_reservation("tag-1"),
        "cancelreservation.json",
        ACCOUNT | {"clientTag": "tag-1"},
    ),
    "cancel many": (
        lambda client: client.cancel_reservations(start=date(2030, 1, 2), end=date(2030, 12, 31), group_tag="group"),
        "cancelreservationall.json",
        ACCOUNT | {"startDate": "20300102", "endDate": "20301231", "groupTag": "group"},
    ),
    "cancel a group": (
        lambda client: client.cancel_reservations(group_tag="group"),
        "cancelreservationall.json",
        ACCOUNT | {"groupTag": "group"},
    ),
    "cancel all": (
        lambda client: client.cancel_all_reservations(confirm_client_id=CLIENT_ID),
        "cancelreservationall.json",
        ACCOUNT,
    ),
    "status of a tag": (
        lambda client: client.status("tag-1"),
        "status.json",
        ACCOUNT | {"clientTag": "tag-1"},
    ),
    "statuses of a day": (
        lambda client: client.statuses_of(date(2030, 1, 2)),
        "status.json",
        ACCOUNT | {"date": "20300102"},
    ),
}


@pytest.mark.parametrize(("call", "endpoint", "fields"), CALLS.values(), ids=CALLS)
def test_each_other_call_is_a_query_with_these_fields_only(
    *,
    serve: Serve,
    connect: Connect,
    call: Callable[[ProviderClient], object],
    endpoint: str,
    fields: dict[str, str],
) -> None:
    line, body = request_made(serve, connect, answer(status=[]), call)
    method, target, version = line.split(" ")
    parts = urlsplit(target)
    assert (method, parts.path, version, body) == ("GET", f"/p5/api/{endpoint}", "HTTP/1.1", "")
    assert dict(parse_qsl(parts.query, strict_parsing=True)) == fields


def test_base_url_may_have_a_path(serve: Serve, connect: Connect) -> None:
    server = serve(answer())
    connect(f"{server.url}/sms/").cancel_reservation("tag-1")
    assert server.requests[0].startswith(b"GET /sms/p5/api/cancelreservation.json?token=")


def test_connection_is_reused(serve: Serve, connect: Connect, message: SendRequest) -> None:
    server = serve(answer(status=[]))
    client = connect(server.url)
    client.send(message)
    client.status("tag-1")
    client.send(message)
    assert (len(server.requests), server.connections) == (3, 1)


def test_each_thread_has_its_session_and_all_share_the_connections(
    serve: Serve, connect: Connect, message: SendRequest
) -> None:
    server = serve(answer(status=[]))
    client = connect(server.url)
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(client.send, message).result()
    assert (len(server.requests), server.connections) == (3, 1)


def test_cookie_of_the_provider_is_not_sent_back(serve: Serve, connect: Connect, message: SendRequest) -> None:
    server = serve(http(b'{"responseCode": 0}', "200 OK", "Set-Cookie: id=1; Path=/"))
    client = connect(server.url)
    client.send(message)
    client.send(message)
    assert b"cookie" not in server.requests[1].lower()


@pytest.mark.parametrize(
    "header",
    [
        "Set-Cookie: =; Expires=never; Max-Age=x; Version=y; Domain=; Port=z",
        "Set-Cookie: \x00\xff",
        "Set-Cookie2: a=1; Version=one",
        "Content-Type: ;;=;charset",
        "Content-Type: text/plain; charset=\xff",
        "Location: http://[",
        "Retry-After: \xff",
        "Content-Encoding: gzip, \xff",
    ],
)
def test_invalid_header_does_not_spoil_an_answer(
    serve: Serve, connect: Connect, message: SendRequest, header: str
) -> None:
    """requests and http.cookiejar parse headers that we do not need."""
    server = serve(http(b'{"responseCode": 0}', "200 OK", header))
    client = connect(server.url)
    client.send(message)
    client.send(message)
    assert server.connections == 1


def test_proxies_and_netrc_of_the_environment_are_ignored(
    *,
    serve: Serve,
    connect: Connect,
    message: SendRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server = serve(answer())
    connect(server.url).send(message)
    assert b"Authorization" not in server.requests[0]


class TestInvalidArguments:
    def test_cancel_without_a_filter_is_rejected(self, connect: Connect) -> None:
        """It would cancel all reservations."""
        with pytest.raises(ValueError, match="all would be canceled"):
            connect("http://127.0.0.1:9").cancel_reservations()

    @pytest.mark.parametrize("blank", ["", " ", "　"])
    def test_cancel_with_a_blank_group_is_rejected(self, connect: Connect, blank: str) -> None:
        """The provider could ignore the blank filter."""
        with pytest.raises(ValueError, match="blank"):
            connect("http://127.0.0.1:9").cancel_reservations(group_tag=blank)

    @pytest.mark.parametrize("confirmation", ["", "444", "44444"])
    def test_cancel_of_all_with_a_wrong_client_id_is_rejected(self, connect: Connect, confirmation: str) -> None:
        with pytest.raises(ValueError, match="not the client id"):
            connect("http://127.0.0.1:9").cancel_all_reservations(confirm_client_id=confirmation)

    def test_search_by_group_only_is_rejected(self, connect: Connect) -> None:
        with pytest.raises(ValueError, match="a client tag or a day"):
            connect("http://127.0.0.1:9").check_reservations(group_tag="group")

    def test_naive_time_is_rejected(self, connect: Connect) -> None:
        naive = datetime(2030, 1, 1, 9, 0)  # noqa: DTZ001 - the mistake under test
        with pytest.raises(ValueError, match="aware"):
            connect("http://127.0.0.1:9").send(SendRequest("09012345678", "hello", "tag-1", schedule_time=naive))

    def test_lone_surrogate_is_rejected_without_quoting_the_text(self, connect: Connect) -> None:
        with pytest.raises(ValueError, match="lone surrogate") as caught:
            connect("http://127.0.0.1:9").send(SendRequest("09012345678", "secret \ud800", "tag-1"))
        assert "secret" not in repr(caught.value)
        assert caught.value.__context__ is None

    @pytest.mark.parametrize(
        "url",
        [
            "http://sms-api.aossms.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1:8080",
            "ftp://127.0.0.1",
            "https://user:password@sms-api.aossms.com",
            "https://sms-api.aossms.com?token=1",
            "sms-api.aossms.com",
            "https://",
            "",
        ],
    )
    def test_unsafe_base_url_is_rejected(self, connect: Connect, url: str) -> None:
        with pytest.raises(ValueError, match="the provider's base URL must"):
            connect(url)

    @pytest.mark.parametrize(
        "url", ["https://sms-api.aossms.com", "http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"]
    )
    def test_safe_base_url_is_accepted(self, connect: Connect, url: str) -> None:
        assert isinstance(connect(url), ProviderClient)


CONTENT = b'{"responseCode": 0}'

HEADS = {
    "lower case": (b"HTTP/1.1 200 OK\r\ncontent-length:19\r\n\r\n", 1),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 19\r\n\r\n", 1),
    "line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 19\n\n", 1),
    "the length twice": (b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\nContent-Length: 19\r\n\r\n", 1),
    "a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n13\r\n", 1),
    "after continue": (b"HTTP/1.1 100 Continue\r\nX: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n", 1),
    "close": (b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\nConnection: Close\r\n\r\n", 2),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 19\r\n\r\n", 2),
}


@pytest.mark.parametrize(("head", "connections"), HEADS.values(), ids=HEADS)
def test_connection_is_used_again_unless_the_answer_ends_it(
    *, serve: Serve, connect: Connect, message: SendRequest, head: bytes, connections: int
) -> None:
    end = b"\r\n0\r\n\r\n" if b"Chunked" in head else b""
    server = serve(head + CONTENT + end)
    client = connect(server.url)
    client.send(message)
    client.send(message)
    assert server.connections == connections
