"""The error of each failure of the connection or the answer."""

import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

import pytest
from tests.integration.provider.behaviors import AMBIGUOUS, floods, keeps_silent
from tests.integration.provider.faulty_server import Behavior, Connect, Serve, answer, http

from zettai_worker.provider import (
    Ambiguous,
    Misconfigured,
    NotSent,
    ProviderClient,
    ProviderError,
    SendRequest,
    Throttled,
)
from zettai_worker.provider.answers import MAX_RETRY_AFTER
from zettai_worker.provider.bodies import MAX_ANSWER_SIZE, MAX_LIST_SIZE

SHORT = timedelta(seconds=0.2)

STATUSES: dict[str, type[ProviderError]] = {
    "201 Created": Ambiguous,
    "204 No Content": Ambiguous,
    "301 Moved Permanently": Ambiguous,
    "302 Found": Ambiguous,
    "303 See Other": Ambiguous,
    "307 Temporary Redirect": Ambiguous,
    "400 Bad Request": Misconfigured,
    "401 Unauthorized": Misconfigured,
    "403 Forbidden": Misconfigured,
    "404 Not Found": Misconfigured,
    "408 Request Timeout": Ambiguous,
    "413 Content Too Large": Misconfigured,
    "429 Too Many Requests": Throttled,
    "500 Internal Server Error": Ambiguous,
    "502 Bad Gateway": Ambiguous,
    "503 Service Unavailable": Ambiguous,
    "504 Gateway Timeout": Ambiguous,
    "599 Whatever": Ambiguous,
    "999 Whatever": Ambiguous,
}


def failure_of(client: ProviderClient, message: SendRequest) -> ProviderError:
    """Return the error that a send raises."""
    with pytest.raises(ProviderError) as caught:
        client.send(message)
    return caught.value


@pytest.mark.parametrize("behavior", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_broken_answer_is_ambiguous_and_causes_no_retry(
    serve: Serve, connect: Connect, message: SendRequest, behavior: Behavior | bytes
) -> None:
    server = serve(behavior)
    client = connect(server.url, read_timeout=SHORT, deadline=2 * SHORT)
    failure = failure_of(client, message)
    assert type(failure) is Ambiguous
    assert failure.sent
    assert not failure.throttle
    assert len(server.requests) == 1
    with pytest.raises(Ambiguous):
        client.status("tag-1")
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("call", "max_size"),
    [
        (lambda client: client.status("tag-1"), MAX_ANSWER_SIZE),
        (lambda client: client.check_reservations(client_tag="tag-1"), MAX_ANSWER_SIZE),
        (lambda client: client.cancel_reservation("tag-1"), MAX_ANSWER_SIZE),
        (lambda client: client.cancel_reservations(group_tag="group"), MAX_ANSWER_SIZE),
        (lambda client: client.statuses_of(date(2030, 1, 2)), MAX_LIST_SIZE),
        (lambda client: client.check_reservations(schedule_date=date(2030, 1, 2)), MAX_LIST_SIZE),
    ],
)
def test_endless_body_is_read_up_to_the_maximum_of_its_endpoint(
    *,
    serve: Serve,
    connect: Connect,
    call: Callable[[ProviderClient], object],
    max_size: int,
) -> None:
    server = serve(floods(b'HTTP/1.1 200 OK\r\n\r\n{"responseCode": 110'))
    with pytest.raises(Ambiguous, match=f"more than {max_size:,} bytes"):
        call(connect(server.url))


def test_endless_answer_to_a_send_is_refused(serve: Serve, connect: Connect, message: SendRequest) -> None:
    """It is read as one value, and no value may be so long."""
    server = serve(floods(b'HTTP/1.1 200 OK\r\n\r\n{"responseCode": 110'))
    with pytest.raises(Ambiguous, match="not a valid JSON object"):
        connect(server.url).send(message)


@pytest.mark.parametrize("status", ["302 Found", "429 Too Many Requests"])
def test_status_decides_whatever_the_body_is(serve: Serve, connect: Connect, message: SendRequest, status: str) -> None:
    """Also of a redirect, whose body requests reads to its end even if it may not follow it."""
    server = serve(floods(f"HTTP/1.1 {status}\r\nLocation: /elsewhere\r\n\r\n".encode()))
    assert failure_of(connect(server.url), message).http_status == int(status[:3])


def test_answer_after_an_early_hint_does_not_go_to_the_next_call(
    serve: Serve, connect: Connect, message: SendRequest
) -> None:
    def hint_then_answer(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(http(b"", "103 Early Hints"))
        keeps_silent(sock, b"")

    server = serve(hint_then_answer)
    client = connect(server.url)
    assert type(failure_of(client, message)) is Ambiguous
    assert type(failure_of(client, message)) is Ambiguous
    assert server.connections == 2


def test_second_answer_to_one_request_does_not_go_to_the_next_call(
    serve: Serve, connect: Connect, message: SendRequest
) -> None:
    """It would reject the next message."""
    server = serve(answer() + answer(responseCode=110, responseMessage="Invalid phoneNumber."))
    client = connect(server.url)
    for _ in range(3):
        with suppress(NotSent):
            client.send(message)


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_each_http_status_has_its_error(
    *, serve: Serve, connect: Connect, message: SendRequest, status: str, kind: type[ProviderError]
) -> None:
    """The body does not matter, and a redirect is not followed."""
    body = b"" if status.startswith("204") else b'{"responseCode": 0}'
    server = serve(http(body, status, "Location: http://127.0.0.1:9/"))
    failure = failure_of(connect(server.url), message)
    assert type(failure) is kind
    assert failure.http_status == int(status[:3])
    assert (failure.sent, failure.kind) == (True, f"HTTP {status[:3]}")
    assert failure.throttle is (failure.http_status in {429, 503})
    assert len(server.requests) == 1


HEADERS: dict[str, timedelta | None] = {
    "Retry-After: 7": timedelta(seconds=7),
    "Retry-After: 0": timedelta(),
    "Retry-After: 301": MAX_RETRY_AFTER,
    "Retry-After: 86400": MAX_RETRY_AFTER,
    "Retry-After: Sat, 01 Jan 2000 00:00:00 GMT": timedelta(),
    "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT": MAX_RETRY_AFTER,
    "Retry-After: -1": None,
    "Retry-After: soon": None,
    "Retry-After: " + "9" * 5000: None,
    "X: nothing said": None,
}
DATES = {
    "a clock that is an hour ahead": ("Sat, 01 Jan 2000 00:00:07 GMT", "Sat, 01 Jan 2000 00:00:00 GMT"),
    "a clock that is years behind": ("Tue, 01 Jan 2999 00:00:07 GMT", "Tue, 01 Jan 2999 00:00:00 GMT"),
    "another zone": ("Sat, 01 Jan 2000 09:00:07 +0900", "Sat, 01 Jan 2000 00:00:00 -0000"),
    "an old format": ("Saturday, 01-Jan-00 00:00:07 GMT", "Sat Jan  1 00:00:00 2000"),
}


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(("header", "wait"), HEADERS.items())
def test_retry_after_is_read_as_seconds_or_date_up_to_minutes(
    *, serve: Serve, connect: Connect, message: SendRequest, status: str, header: str, wait: timedelta | None
) -> None:
    server = serve(http(b"busy", status, header))
    assert failure_of(connect(server.url), message).retry_after == wait


@pytest.mark.parametrize(("until", "date_header"), DATES.values(), ids=DATES)
def test_date_of_retry_after_is_compared_with_the_date_of_the_answer(
    *, serve: Serve, connect: Connect, message: SendRequest, until: str, date_header: str
) -> None:
    server = serve(http(b"busy", "503 Service Unavailable", f"Retry-After: {until}", f"Date: {date_header}"))
    assert failure_of(connect(server.url), message).retry_after == timedelta(seconds=7)


def test_unknown_host_name_is_not_sent(connect: Connect, message: SendRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = failure_of(connect("https://sms.invalid"), message)
    assert type(failure) is NotSent
    assert "host name" in str(failure)


def test_handshake_without_an_answer_is_not_sent(connect: Connect, message: SendRequest) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        failure = failure_of(connect(url, connect_timeout=SHORT), message)
    assert type(failure) is NotSent
    assert "too long" in str(failure)


def test_server_without_tls_gets_neither_token_nor_message(
    serve: Serve, connect: Connect, message: SendRequest
) -> None:
    seen: list[bytes] = []

    def note(sock: socket.socket, request: bytes) -> None:
        seen.append(request)
        sock.sendall(http(b""))

    server = serve(note)
    failure = failure_of(connect(server.url.replace("http:", "https:"), connect_timeout=SHORT), message)
    assert isinstance(failure, NotSent)
    assert seen == []


def test_closed_client_sends_nothing(serve: Serve, connect: Connect, message: SendRequest) -> None:
    server = serve(answer())
    client = connect(server.url)
    client.close()
    assert type(failure_of(client, message)) is NotSent
    assert server.requests == []
