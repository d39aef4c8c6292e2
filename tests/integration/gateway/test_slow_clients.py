"""Clients that connect and send nothing, or send the head of a request slowly, do not stop others."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.integration.gateway.given import Answer, Gateway, serving
from tests.support.servers import free_port

from zettai.gateway.connections import MAX_CONNECTIONS_OF_ADDRESS
from zettai.gateway.page import VIEWER

SILENT = 500


@pytest.fixture
def own_gateway(tmp_path: Path, redis_url: str) -> Iterator[Gateway]:
    """A gateway of which a test may use up the connections."""
    with serving(tmp_path / "log", redis_url, GATEWAY_HEALTH_PORT=str(free_port())) as gateway:
        yield gateway


def silent_connections(gateway: Gateway, resources: ExitStack, address: str, count: int) -> list[socket.socket]:
    """Open connections from an address of the loopback network, and send nothing, or a part of a head."""
    opened = []
    for number in range(count):
        one = resources.enter_context(
            socket.create_connection(("127.0.0.1", gateway.port), timeout=60, source_address=(address, 0))
        )
        if number % 2:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
        opened.append(one)
    return opened


def ask(gateway: Gateway) -> Answer:
    return gateway.ask("GET", "/v1/messages")


def test_500_silent_connections_do_not_stop_others(own_gateway: Gateway) -> None:
    with ExitStack() as resources:
        silent_connections(own_gateway, resources, "127.0.0.1", SILENT)

        assert ask(own_gateway).status == 200
        assert own_gateway.ask("GET", "/healthz").status == 200


def test_silent_connections_from_many_addresses_do_not_stop_others(own_gateway: Gateway) -> None:
    with ExitStack() as resources:
        for host in range(2, 9):
            silent_connections(own_gateway, resources, f"127.0.0.{host}", MAX_CONNECTIONS_OF_ADDRESS)

        assert ask(own_gateway).status == 200


def test_address_has_a_limited_number_of_connections(own_gateway: Gateway) -> None:
    with ExitStack() as resources:
        first, *_ = silent_connections(own_gateway, resources, "127.0.0.2", MAX_CONNECTIONS_OF_ADDRESS)
        silent_connections(own_gateway, resources, "127.0.0.2", 1)

        assert first.recv(1) == b""  # the oldest one gave way
        silent_connections(own_gateway, resources, "127.0.0.3", 1)[0].sendall(b"x")


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /"])
def test_head_that_does_not_arrive_ends_the_connection(own_gateway: Gateway, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", own_gateway.port), timeout=60) as connection:
        connection.sendall(sent)
        received = b""
        while part := _receive(connection):
            received += part

    assert received.count(b"HTTP/1.1 200") == sent.count(b"\r\n\r\n")


def test_clients_that_take_no_responses_do_not_stop_others(own_gateway: Gateway) -> None:
    """Each one asks for more than the buffers of its connection hold, and reads nothing."""
    requests = f"GET /{VIEWER} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 6
    address: Any = {"address": ("127.0.0.1", own_gateway.port), "timeout": 20, "source_address": ("127.0.0.2", 0)}
    with ExitStack() as resources:
        for _ in range(MAX_CONNECTIONS_OF_ADDRESS):
            stuck = resources.enter_context(socket.create_connection(**address))
            stuck.sendall(requests)
            assert stuck.recv(1) == b"H"

        other = resources.enter_context(socket.create_connection(**address))
        other.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert other.recv(12) == b"HTTP/1.1 200"


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(10_000)
    except ConnectionResetError:
        return b""


def test_probes_have_a_port_of_their_own(tmp_path: Path, redis_url: str) -> None:
    port = free_port()
    with serving(tmp_path / "log", redis_url, GATEWAY_HEALTH_PORT=str(port)) as gateway:
        probes = Gateway(port, gateway.keys, gateway.log, gateway.store, gateway.process)

        assert probes.ask("GET", "/healthz", key=None).body == b"alive\n"
        assert probes.ask("GET", "/readyz", key=None).status == 200
        assert probes.ask("GET", "/v1/messages").status == 404
