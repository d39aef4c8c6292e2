"""An HTTP server that answers with the behavior of the test. `behaviors.py` has the faults."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

from zettai_worker.provider import ProviderClient

Behavior = Callable[[socket.socket, bytes], None]
"""Answers one request on its connection."""


class FaultyServer:
    """Reads whole requests, one connection after another, and answers each with the behavior of the test."""

    def __init__(self, behave: Behavior, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._behave = behave
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with contextlib.suppress(OSError), sock, self._wrapped(sock) as wire:
                while request := read_request(wire):
                    self.requests.append(request)
                    self._behave(wire, request)

    def _wrapped(self, sock: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(sock, server_side=True) if self._tls else sock

    def close(self) -> None:
        """Stop listening. The thread ends with the client's last connection."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=60)


def read_request(sock: socket.socket) -> bytes:
    """Return one request with its body, or nothing if the client closed the connection."""
    request = b""
    while b"\r\n\r\n" not in request:
        if not (piece := sock.recv(65536)):
            return b""
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Return a complete HTTP reply."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return head.encode() + b"\r\n\r\n" + body


def answer(**fields: Any) -> bytes:
    """Return an answer of the provider: a success, unless a code is given."""
    return http(json.dumps({"responseCode": 0, "responseMessage": "Success.", **fields}).encode())


def says(reply: bytes) -> Behavior:
    """Return a behavior that answers each request with the same bytes."""
    return lambda sock, _request: sock.sendall(reply)


Serve = Callable[..., FaultyServer]
"""Starts a server with a reply or a behavior, and optionally with TLS."""

Connect = Callable[..., ProviderClient]
"""Makes a client of a base URL, with any options of `ProviderClient`."""
