"""The before-send hook: when it runs, and what its errors mean."""

import contextlib
import gc
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.provider.faulty_server import Connect, Serve, answer

from zettai_worker.limiter.local_clock import ClockReading
from zettai_worker.limiter.microseconds import SECOND
from zettai_worker.provider import Ambiguous, NotSent, ProviderClient, SendRequest


class Hook:
    """A before-send hook that counts its calls and runs an action."""

    def __init__(self, action: Callable[[], object] = lambda: None) -> None:
        self.calls = 0
        self._action = action

    def __call__(self) -> None:
        """Run the action."""
        self.calls += 1
        self._action()


class HookError(Exception):
    """An error that a hook could raise."""


def raising(error: BaseException) -> Callable[[], None]:
    """Return an action that raises the error."""

    def action() -> None:
        raise error

    return action


@pytest.fixture
def listener() -> Any:
    """A listening socket; the test accepts the connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def url_of(listener: socket.socket) -> str:
    """Return the URL of a socket."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_hook_runs_when_the_connection_is_ready_and_nothing_is_written(
    listener: socket.socket, connect: Connect, message: SendRequest
) -> None:
    """Bytes written to a loopback socket would arrive at once."""
    seen: list[bytes] = []

    def look() -> None:
        listener.settimeout(0)  # the connection stands already
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                seen.append(peer.recv(1))

    hook = Hook(look)
    with pytest.raises(NotSent):  # the peer hung up, and this was noticed before anything was written
        connect(url_of(listener)).send(message, before_send=hook)
    assert (hook.calls, seen) == (1, [])


@pytest.mark.parametrize(
    "call",
    [
        lambda client, hook: client.send(SendRequest("09012345678", "hello", "tag-1"), before_send=hook),
        lambda client, hook: client.check_reservations(client_tag="tag-1", before_send=hook),
        lambda client, hook: client.cancel_reservation("tag-1", before_send=hook),
        lambda client, hook: client.cancel_reservations(group_tag="group", before_send=hook),
        lambda client, hook: client.cancel_all_reservations(confirm_client_id="4444", before_send=hook),
        lambda client, hook: client.status("tag-1", before_send=hook),
    ],
)
def test_each_call_runs_its_hook_once(
    serve: Serve, connect: Connect, call: Callable[[ProviderClient, Hook], object]
) -> None:
    """On a new connection and on a reused one."""
    server = serve(answer(status=[]))
    client, hook = connect(server.url), Hook()
    call(client, hook)
    call(client, hook)
    assert (hook.calls, len(server.requests), server.connections) == (2, 2, 1)


def test_hook_does_not_run_without_a_connection(
    listener: socket.socket, connect: Connect, message: SendRequest
) -> None:
    """So an unreachable provider uses no slots of the rate limit."""
    url = url_of(listener)
    listener.close()
    hook = Hook()
    with pytest.raises(NotSent, match="refused"):
        connect(url).send(message, before_send=hook)
    assert hook.calls == 0


@pytest.mark.parametrize(
    "error", [HookError("no"), BrokenPipeError("no"), ConnectionResetError("no"), TimeoutError("no"), ValueError("no")]
)
def test_error_of_the_hook_is_raised_unchanged_and_nothing_is_written(
    serve: Serve, connect: Connect, message: SendRequest, error: Exception
) -> None:
    """Also an error of a class that urllib3 would catch or wrap."""
    server = serve(answer())
    client = connect(server.url)
    with pytest.raises(type(error)) as caught:
        client.send(message, before_send=raising(error))
    assert caught.value is error
    assert error.__context__ is None
    client.send(message)
    assert len(server.requests) == 1


def test_call_after_a_keyboard_interrupt_in_the_hook_works(
    serve: Serve, connect: Connect, message: SendRequest
) -> None:
    server = serve(answer())
    client = connect(server.url)
    with pytest.raises(KeyboardInterrupt):
        client.send(message, before_send=raising(KeyboardInterrupt()))
    client.send(message)
    assert len(server.requests) == 1


def test_pool_works_after_errors_of_the_hook(serve: Serve, connect: Connect, message: SendRequest) -> None:
    """No connection is lost, and none has half a request."""
    server = serve(answer())
    client = connect(server.url, pool_size=1)
    client.send(message)
    for _ in range(3):
        with pytest.raises(HookError):
            client.send(message, before_send=raising(HookError()))
    client.send(message)
    gc.collect()  # a lost socket would warn here
    assert len(server.requests) == 2


def test_connection_that_the_provider_closed_is_replaced(serve: Serve, connect: Connect, message: SendRequest) -> None:
    closed = threading.Event()

    def answer_once(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(answer())
        sock.shutdown(socket.SHUT_WR)
        closed.set()

    server = serve(answer_once)
    client, hook = connect(server.url), Hook()
    client.send(message, before_send=hook)
    assert closed.wait(60)
    client.send(message, before_send=hook)
    assert (hook.calls, server.connections) == (2, 2)


def test_failure_after_the_hook_is_ambiguous(serve: Serve, connect: Connect, message: SendRequest) -> None:
    """Even if the provider hung up before it read a byte, because the client cannot know that."""
    server = serve(lambda sock, _request: sock.close())
    hook = Hook()
    with pytest.raises(Ambiguous) as caught:
        connect(server.url).send(message, before_send=hook)
    assert caught.value.sent
    assert hook.calls == 1


def test_observed_seconds_do_not_include_the_hook(
    serve: Serve, connect: Connect, message: SendRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("zettai_worker.provider.stopwatch.monotonic", lambda: now[0])
    calls: list[tuple[str, str, float]] = []
    server = serve(answer())
    client = connect(server.url, on_call=lambda *call: calls.append(call))
    client.send(message, before_send=lambda: now.__setitem__(0, 3600.0))
    assert calls == [("mt.json", "success", 0.0)]


def test_deadline_does_not_include_the_hook(
    serve: Serve, connect: Connect, message: SendRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("zettai_worker.provider.connection.monotonic", lambda: now[0])
    server = serve(answer())
    client = connect(server.url, deadline=timedelta(seconds=20))
    client.send(message, before_send=lambda: now.__setitem__(0, 3600.0))
    assert len(server.requests) == 1


@pytest.mark.parametrize("moved", [{"local": 3600, "wall": 3600}, {"wall": 3600}], ids=["suspended", "paused"])
def test_nothing_is_written_if_the_machine_was_suspended_after_the_hook(
    *,
    serve: Serve,
    connect: Connect,
    message: SendRequest,
    monkeypatch: pytest.MonkeyPatch,
    moved: dict[str, int],
) -> None:
    """The hook has checked the time, so what it checked may be over."""
    later = ClockReading(moved.get("local", 0) * SECOND, moved["wall"] * SECOND)
    readings = iter([ClockReading(0, 0), later])
    monkeypatch.setattr("zettai_worker.provider.connection.read_clocks", lambda: next(readings))
    server = serve(answer())
    with pytest.raises(NotSent, match="stopped"):
        connect(server.url).send(message, before_send=lambda: None)
    assert server.requests == []


def test_limiter_learns_when_a_request_was_written(serve: Serve, connect: Connect, message: SendRequest) -> None:
    """In the thread that waited for the slot, so that the limiter knows which slot that was."""
    steps: list[tuple[str, int]] = []
    client = connect(serve(answer()).url, on_written=lambda: steps.append(("written", threading.get_ident())))
    client.send(message, before_send=lambda: steps.append(("hook", threading.get_ident())))
    assert steps == [("hook", threading.get_ident()), ("written", threading.get_ident())]
