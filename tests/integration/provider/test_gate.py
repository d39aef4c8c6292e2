"""The gate: asked once, with a connection ready and nothing written; what was written decides what an error says."""

import contextlib
import gc
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.provider.odd_server import Connect, Serve, answer

from zettai_worker.provider import Ambiguous, NotSent, ProviderClient, SendRequest


class Gate:
    """Counts how often it was asked, and does what it is told."""

    def __init__(self, action: Callable[[], object] = lambda: None) -> None:
        self.asked = 0
        self._action = action

    def __call__(self) -> None:
        """Open, unless the action raises."""
        self.asked += 1
        self._action()


class ShutError(Exception):
    """What a limiter could raise."""


def raising(error: BaseException) -> Callable[[], None]:
    """Raise the error when called."""

    def action() -> None:
        raise error

    return action


@pytest.fixture
def listener() -> Any:
    """A socket that listens, and accepts when the test says so."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def url_of(listener: socket.socket) -> str:
    """Where to reach it."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_it_is_asked_with_the_connection_ready_and_nothing_written(
    listener: socket.socket, connect: Connect, message: SendRequest
) -> None:
    """What was written to a loopback socket would be there at once."""
    seen: list[bytes] = []

    def look() -> None:
        listener.settimeout(0)  # the connection stands already
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                seen.append(peer.recv(1))

    gate = Gate(look)
    with pytest.raises(NotSent):  # the peer hung up, and this was noticed before anything was written
        connect(url_of(listener)).send(message, before_send=gate)
    assert (gate.asked, seen) == (1, [])


@pytest.mark.parametrize(
    "call",
    [
        lambda client, gate: client.send(SendRequest("09012345678", "hello", "tag-1"), before_send=gate),
        lambda client, gate: client.check_reservations(client_tag="tag-1", before_send=gate),
        lambda client, gate: client.cancel_reservation("tag-1", before_send=gate),
        lambda client, gate: client.cancel_reservations(group_tag="group", before_send=gate),
        lambda client, gate: client.cancel_all_reservations(confirm_client_id="4444", before_send=gate),
        lambda client, gate: client.status("tag-1", before_send=gate),
    ],
)
def test_each_call_asks_once(serve: Serve, connect: Connect, call: Callable[[ProviderClient, Gate], object]) -> None:
    """On a new connection and on a used one alike."""
    server = serve(answer(status=[]))
    client, gate = connect(server.url), Gate()
    call(client, gate)
    call(client, gate)
    assert (gate.asked, len(server.requests), server.connections) == (2, 2, 1)


def test_it_is_not_asked_without_a_connection(listener: socket.socket, connect: Connect, message: SendRequest) -> None:
    """A slot of the limit is not wasted on a dead provider."""
    url = url_of(listener)
    listener.close()
    gate = Gate()
    with pytest.raises(NotSent, match="refused"):
        connect(url).send(message, before_send=gate)
    assert gate.asked == 0


@pytest.mark.parametrize(
    "error", [ShutError("no"), BrokenPipeError("no"), ConnectionResetError("no"), TimeoutError("no"), ValueError("no")]
)
def test_what_it_raises_comes_out_unchanged_and_nothing_was_written(
    serve: Serve, connect: Connect, message: SendRequest, error: Exception
) -> None:
    """Not even an error of a kind that urllib3 would swallow or wrap."""
    server = serve(answer())
    client = connect(server.url)
    with pytest.raises(type(error)) as caught:
        client.send(message, before_send=raising(error))
    assert caught.value is error
    assert error.__context__ is None
    client.send(message)
    assert len(server.requests) == 1


def test_an_interrupt_at_the_gate_goes_through(serve: Serve, connect: Connect, message: SendRequest) -> None:
    """And the next call works."""
    server = serve(answer())
    client = connect(server.url)
    with pytest.raises(KeyboardInterrupt):
        client.send(message, before_send=raising(KeyboardInterrupt()))
    client.send(message)
    assert len(server.requests) == 1


def test_a_refusal_at_a_used_connection_leaves_the_pool_sound(
    serve: Serve, connect: Connect, message: SendRequest
) -> None:
    """No half request lies in it, and no socket is lost."""
    server = serve(answer())
    client = connect(server.url, pool_size=1)
    client.send(message)
    for _ in range(3):
        with pytest.raises(ShutError):
            client.send(message, before_send=raising(ShutError()))
    client.send(message)
    gc.collect()  # a lost socket would warn here
    assert len(server.requests) == 2


def test_a_connection_that_the_provider_closed_is_replaced(
    serve: Serve, connect: Connect, message: SendRequest
) -> None:
    """As happens to each that stood idle for long."""
    closed = threading.Event()

    def answer_once(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(answer())
        sock.shutdown(socket.SHUT_WR)
        closed.set()

    server = serve(answer_once)
    client, gate = connect(server.url), Gate()
    client.send(message, before_send=gate)
    assert closed.wait(10)
    client.send(message, before_send=gate)
    assert (gate.asked, server.connections) == (2, 2)


def test_after_it_opened_a_failure_is_ambiguous(serve: Serve, connect: Connect, message: SendRequest) -> None:
    """Even if the provider hung up before it read a byte: nobody can know."""
    server = serve(lambda sock, _request: sock.close())
    gate = Gate()
    with pytest.raises(Ambiguous) as caught:
        connect(server.url).send(message, before_send=gate)
    assert caught.value.sent
    assert gate.asked == 1


def test_the_observer_does_not_count_the_wait_at_the_gate(
    serve: Serve, connect: Connect, message: SendRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour at the gate is not the provider's."""
    now = [0.0]
    monkeypatch.setattr("zettai_worker.provider.client.monotonic", lambda: now[0])
    calls: list[tuple[str, str, float]] = []
    server = serve(answer())
    client = connect(server.url, on_call=lambda *call: calls.append(call))
    client.send(message, before_send=lambda: now.__setitem__(0, 3600.0))
    assert calls == [("mt.json", "success", 0.0)]


def test_the_deadline_does_not_count_the_wait_at_the_gate(
    serve: Serve, connect: Connect, message: SendRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy limit must not make calls fail."""
    now = [0.0]
    monkeypatch.setattr("zettai_worker.provider.connection.monotonic", lambda: now[0])
    server = serve(answer())
    client = connect(server.url, deadline=timedelta(seconds=20))
    client.send(message, before_send=lambda: now.__setitem__(0, 3600.0))
    assert len(server.requests) == 1
