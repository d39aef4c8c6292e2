"""An HTTP server that behaves as badly as it is told. What it can be told lives in `behaviours`."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

from zettai_worker.provider import ProviderClient

Behaviour = Callable[[socket.socket, bytes], None]
"""Answers one request on its connection."""


class OddServer:
    """Reads whole requests, one connection after another, and lets the test's behaviour answer each."""

    def __init__(self, behave: Behaviour, tls: ssl.SSLContext | None = None) -> None:
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
        """Stop to listen; the thread ends with the client's last connection."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=10)


def read_request(sock: socket.socket) -> bytes:
    """Read one request with its body; nothing where the client hung up."""
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
    """Put together a whole HTTP answer."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return head.encode() + b"\r\n\r\n" + body


def answer(**fields: Any) -> bytes:
    """Put together an answer of the provider's: success, unless a code is given."""
    return http(json.dumps({"responseCode": 0, "responseMessage": "Success.", **fields}).encode())


def says(reply: bytes) -> Behaviour:
    """Answer every request with the same bytes."""
    return lambda sock, _request: sock.sendall(reply)


Serve = Callable[..., OddServer]
"""Starts a server, told what to answer or how to behave, and whether over TLS."""

Connect = Callable[..., ProviderClient]
"""Makes a client of a base URL, with any option of the client's changed."""
