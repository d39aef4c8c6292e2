"""Whatever the wire does becomes one of four errors, each true to what was written."""

import socket
from datetime import timedelta

import pytest
from tests.integration.provider.behaviours import AMBIGUOUS, floods, keeps_silent
from tests.integration.provider.odd_server import Behaviour, Connect, Serve, answer, http

from zettai_worker.provider import (
    Ambiguous,
    Misconfigured,
    NotSent,
    ProviderClient,
    ProviderError,
    SendRequest,
    Throttled,
)

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
    """What a send raises."""
    with pytest.raises(ProviderError) as caught:
        client.send(message)
    return caught.value


@pytest.mark.parametrize("behaviour", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_broken_answer_is_ambiguous(
    serve: Serve, connect: Connect, message: SendRequest, behaviour: Behaviour | bytes
) -> None:
    """However slowly it breaks; and each request was made once, without a hidden retry."""
    server = serve(behaviour)
    client = connect(server.url, read_timeout=SHORT, deadline=2 * SHORT)
    failure = failure_of(client, message)
    assert type(failure) is Ambiguous
    assert failure.sent
    assert not failure.throttle
    assert len(server.requests) == 1
    with pytest.raises(Ambiguous):
        client.status("tag-1")
    assert len(server.requests) == 2


@pytest.mark.parametrize("head", ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n"])
def test_endless_body_is_read_up_to_the_maximum(
    *, serve: Serve, connect: Connect, message: SendRequest, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of a redirect, whose body requests reads to its end even if it may not follow it."""
    monkeypatch.setattr("zettai_worker.provider.transport.MAX_ANSWER_SIZE", 1024 * 1024)
    server = serve(floods(head.encode()))
    failure = failure_of(connect(server.url, deadline=timedelta(seconds=3)), message)
    assert type(failure) is Ambiguous
    assert "too large" in str(failure)


def test_an_answer_that_comes_in_two_is_not_taken_for_anothers(
    serve: Serve, connect: Connect, message: SendRequest
) -> None:
    """An early hint is no answer, and the one that follows it must not meet the next call."""

    def hint_then_answer(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(http(b"", "103 Early Hints"))
        keeps_silent(sock, b"")

    server = serve(hint_then_answer)
    client = connect(server.url)
    assert type(failure_of(client, message)) is Ambiguous
    assert type(failure_of(client, message)) is Ambiguous
    assert server.connections == 2


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_each_http_status_has_its_error(
    *, serve: Serve, connect: Connect, message: SendRequest, status: str, kind: type[ProviderError]
) -> None:
    """A body of success does not matter then, and a redirect is not followed."""
    body = b"" if status.startswith("204") else b'{"responseCode": 0}'
    server = serve(http(body, status, "Location: http://127.0.0.1:9/"))
    failure = failure_of(connect(server.url), message)
    assert type(failure) is kind
    assert failure.http_status == int(status[:3])
    assert failure.sent is (kind is Ambiguous)
    assert failure.throttle is (failure.http_status in {429, 503})
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("Retry-After: 7", timedelta(seconds=7)),
        ("Retry-After: 0", timedelta()),
        ("Retry-After: 99999999", timedelta(days=1)),
        ("Retry-After: Sat, 01 Jan 2000 00:00:00 GMT", timedelta()),
        ("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=1)),
        ("Retry-After: -1", None),
        ("Retry-After: soon", None),
        ("Retry-After: " + "9" * 5000, None),
        ("X: nothing said", None),
    ],
)
def test_how_long_to_slow_down(
    *, serve: Serve, connect: Connect, message: SendRequest, status: str, header: str, wait: timedelta | None
) -> None:
    """Seconds or a date, and never longer than a day."""
    server = serve(http(b"busy", status, header))
    assert failure_of(connect(server.url), message).retry_after == wait


def test_a_name_that_is_not_known(connect: Connect, message: SendRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Surely unsent."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = failure_of(connect("https://sms.invalid"), message)
    assert type(failure) is NotSent
    assert "host name" in str(failure)


def test_a_handshake_that_is_never_answered(connect: Connect, message: SendRequest) -> None:
    """Surely unsent too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        failure = failure_of(connect(url, connect_timeout=SHORT), message)
    assert type(failure) is NotSent
    assert "too long" in str(failure)


def test_a_server_that_speaks_no_tls(serve: Serve, connect: Connect, message: SendRequest) -> None:
    """And who sees neither token nor message."""
    seen: list[bytes] = []

    def note(sock: socket.socket, request: bytes) -> None:
        seen.append(request)
        sock.sendall(http(b""))

    server = serve(note)
    failure = failure_of(connect(server.url.replace("http:", "https:"), connect_timeout=SHORT), message)
    assert isinstance(failure, NotSent)
    assert seen == []


def test_a_client_that_was_closed(serve: Serve, connect: Connect, message: SendRequest) -> None:
    """Nothing can be sent, and it says so."""
    server = serve(answer())
    client = connect(server.url)
    client.close()
    assert type(failure_of(client, message)) is NotSent
    assert server.requests == []
