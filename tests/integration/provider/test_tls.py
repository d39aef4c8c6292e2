"""TLS to the provider: only version 1.2, with checks of the certificate and the host name."""

import io
import ssl
from pathlib import Path

import pytest
import trustme
from tests.integration.provider.faulty_server import Connect, Serve, answer, http

from zettai_worker.provider import Misconfigured, NotSent, SendRequest


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The authority that the client trusts."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """The file with the authority's certificate."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def server_context(authority: trustme.CA, version: ssl.TLSVersion, host: str = "127.0.0.1") -> ssl.SSLContext:
    """Return the context of a server with one TLS version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    authority.issue_cert(host).configure_cert(context)
    return context


def test_hook_runs_after_the_handshake_with_a_trusted_certificate(
    *, serve: Serve, connect: Connect, message: SendRequest, authority: trustme.CA, ca_file: Path
) -> None:
    server = serve(answer(), server_context(authority, ssl.TLSVersion.TLSv1_2))
    client, seen = connect(server.url, ca_file=ca_file), []
    client.send(message, before_send=lambda: seen.append((server.connections, list(server.requests))))
    client.send(message)
    assert seen == [(1, [])]
    assert (len(server.requests), server.connections) == (2, 1)


def test_server_with_tls_1_3_only_is_rejected(
    *, serve: Serve, connect: Connect, message: SendRequest, authority: trustme.CA, ca_file: Path
) -> None:
    """The specification allows TLS 1.2 only."""
    server = serve(answer(), server_context(authority, ssl.TLSVersion.TLSv1_3))
    with pytest.raises(NotSent, match=r"TLS 1\.2") as caught:
        connect(server.url, ca_file=ca_file).send(message)
    assert type(caught.value) is NotSent
    assert server.requests == []


def test_tls_1_2_is_used_with_a_server_that_supports_1_3(
    *, serve: Serve, connect: Connect, message: SendRequest, authority: trustme.CA, ca_file: Path
) -> None:
    context = server_context(authority, ssl.TLSVersion.TLSv1_2)
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    spoken: list[str | None] = []

    def note(sock: ssl.SSLSocket, _request: bytes) -> None:
        spoken.append(sock.version())
        sock.sendall(answer())

    connect(serve(note, context).url, ca_file=ca_file).send(message)
    assert spoken == ["TLSv1.2"]


def test_certificate_of_an_unknown_authority_is_rejected(
    *, serve: Serve, connect: Connect, message: SendRequest, ca_file: Path
) -> None:
    server = serve(answer(), server_context(trustme.CA(), ssl.TLSVersion.TLSv1_2))
    with pytest.raises(Misconfigured, match="certificate"):
        connect(server.url, ca_file=ca_file).send(message)
    assert server.requests == []


def test_only_public_authorities_are_trusted_without_a_ca_file(
    *, serve: Serve, connect: Connect, message: SendRequest, authority: trustme.CA
) -> None:
    server = serve(answer(), server_context(authority, ssl.TLSVersion.TLSv1_2))
    with pytest.raises(Misconfigured, match="certificate"):
        connect(server.url).send(message)
    assert server.requests == []


def test_certificate_of_another_host_is_rejected(
    *, serve: Serve, connect: Connect, message: SendRequest, authority: trustme.CA, ca_file: Path
) -> None:
    server = serve(answer(), server_context(authority, ssl.TLSVersion.TLSv1_2, "sms-api.example.com"))
    with pytest.raises(Misconfigured, match="certificate"):
        connect(server.url, ca_file=ca_file).send(message)
    assert server.requests == []


def test_second_answer_in_one_record_does_not_go_to_the_next_call(
    *, serve: Serve, connect: Connect, message: SendRequest, authority: trustme.CA, ca_file: Path
) -> None:
    """It stays in the buffer of TLS, where no socket shows it. It would reject the next message."""
    first = http(
        b'{"responseCode": 0}'.ljust(io.DEFAULT_BUFFER_SIZE - len("HTTP/1.1 200 OK\r\nContent-Length: 8143\r\n\r\n"))
    )
    assert len(first) == io.DEFAULT_BUFFER_SIZE
    server = serve(first + answer(responseCode=110), server_context(authority, ssl.TLSVersion.TLSv1_2))
    client = connect(server.url, ca_file=ca_file)
    client.send(message)
    client.send(message)
    assert server.connections == 2
