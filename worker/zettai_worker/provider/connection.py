"""A connection that is ready first, then waits at the gate, then writes the whole request at once.

urllib3 writes a request in pieces and dials on the way. Here the request is put together first, and the connection
stands; then the gate is asked, and only after it has opened the first byte goes out. So whether a request may have
reached the provider is a fact (`Call.written`), not a guess from the kind of an exception. It is also half of what
urllib3 would take: a worker spends most of its time here.

Every read of the answer, headers included, obeys the call's deadline, however slowly the bytes come.

Which call a connection works for is told through a context variable, because requests has no way to hand it down.
The answer's meaning, TLS and the pool's settings live elsewhere.
"""

import io
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPResponse
from socket import socket
from time import monotonic
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPHeaderDict, HTTPSConnectionPool
from urllib3 import HTTPResponse as PooledResponse
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Gate = Callable[[], None]
"""Called once for each request, when nothing but writing is left to do; returns when it may be written, or raises."""


def open_gate() -> None:
    """Let every request pass at once."""


class NotWritten(Exception):  # noqa: N818 - reads as the fact that it states
    """Leaves urllib3 without being caught there: neither an OSError nor an HTTPException."""


@dataclass(slots=True)
class Call:
    """One request on its way.

    Attributes:
        gate: asked before the first byte is written.
        query: follows the path on the wire only; it holds the token, and no object of requests or urllib3 ever does.
        read_timeout: seconds of silence that end the call.
        deadline: seconds from the first byte written to the last one read.
        refusal: what the gate raised.
        written: when the first byte was about to be written, on the monotonic clock; None before that.
    """

    gate: Gate
    query: str = field(repr=False)
    read_timeout: float
    deadline: float
    refusal: Exception | None = None
    written: float | None = None

    def pass_gate(self) -> None:
        """Wait until the request may be written."""
        try:
            self.gate()
        except Exception as refusal:  # noqa: BLE001 - carried past urllib3, and raised again unchanged
            self.refusal = refusal
            raise NotWritten from None

    def begin(self) -> None:
        """Note that from now on the provider may have the request."""
        self.written = monotonic()

    def patience(self) -> float:
        """Seconds that the next read or write may take.

        Raises:
            TimeoutError: the deadline has passed.
        """
        used = 0.0 if self.written is None else monotonic() - self.written
        if used >= self.deadline:
            raise TimeoutError
        return min(self.read_timeout, self.deadline - used)


current_call: ContextVar[Call] = ContextVar("current_call")
"""The call that this thread is making."""


class PunctualReader(io.RawIOBase):
    """Reads from a socket until the call's deadline and no longer."""

    def __init__(self, raw: io.RawIOBase, sock: socket, call: Call) -> None:
        self._raw = raw
        self._sock = sock
        self._call = call

    def readable(self) -> bool:
        """Say yes, as `BufferedReader` asks."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        """Wait for bytes, but not past the deadline."""
        self._sock.settimeout(self._call.patience())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket too."""
        self._raw.close()
        super().close()


class PunctualResponse(HTTPResponse):
    """An answer, the headers of which are read punctually as well as its body."""

    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(PunctualReader(self.fp.detach(), sock, current_call.get()))

    def begin(self) -> None:
        """Give up a connection on which the real answer is still to come: another call would take it for its own."""
        super().begin()
        if self.status < HTTPStatus.OK:
            self.will_close = True


class GatedHTTPConnection(HTTPConnection):
    """Plain HTTP, for loopback only."""

    _method = ""

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **_: Any) -> None:
        """Put the request together, connect, wait at the gate, write.

        Args:
            method: `GET` or `POST`.
            url: the path; the secret query, which nobody before knew of, is added here.
            body: bytes, of a POST.
            headers: a mapping, in ASCII and without line breaks; nothing is added to it but `Content-Length`.
        """
        call = current_call.get()
        self._method = method
        lines = [
            f"{method} {url}{call.query} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        request = "\r\n".join([*lines, "\r\n"]).encode("ascii") + (body or b"")
        if self.sock is None:
            self.connect()
        call.pass_gate()
        if not self.is_connected:  # hung up while we waited at the gate
            raise NotWritten
        call.begin()
        self.sock.settimeout(call.patience())
        self.sock.sendall(request)

    def getresponse(self) -> PooledResponse:  # type: ignore[override]  # as in urllib3
        """Read the headers of the answer; the body is read from what comes back."""
        answer = PunctualResponse(self.sock, method=self._method)
        try:
            answer.begin()
        except BaseException:
            answer.close()
            raise
        if answer.will_close:
            self.close()
        return PooledResponse(
            body=answer,
            headers=HTTPHeaderDict(answer.msg.items()),
            status=answer.status,
            version=answer.version,
            reason=answer.reason,
            preload_content=False,
            decode_content=False,
            original_response=answer,
            request_method=self._method,
        )


class GatedHTTPSConnection(GatedHTTPConnection, HTTPSConnection):
    """The same over TLS."""


class GatedHTTPPool(HTTPConnectionPool):
    """A pool of gated plain connections."""

    ConnectionCls = GatedHTTPConnection


class GatedHTTPSPool(HTTPSConnectionPool):
    """A pool of gated TLS connections."""

    ConnectionCls = GatedHTTPSConnection
