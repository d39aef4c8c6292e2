"""Connections that are ready first, then run the before-send hook, then write the whole request at once.

urllib3 writes a request in pieces, and connects while it writes. Here the connection is established and the request is
built first. Then the hook runs, and only after it has returned is the first byte written. So `Call.written_at` proves
whether a request may have reached the provider; the kind of an exception would not. Writing at once also takes half of
the time that urllib3 needs for a request, and a worker spends most of its time here.

Every read of the answer, headers included, ends at the call's deadline, however slowly the bytes arrive.

A context variable hands the call to the connection: the hook and the deadline, for which requests has no arguments, and
the secrets, so that no object or log line of requests or urllib3 contains them.
"""

import io
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPResponse
from socket import socket
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

from urllib3 import HTTPConnectionPool, HTTPHeaderDict, HTTPSConnectionPool
from urllib3 import HTTPResponse as PooledResponse
from urllib3.connection import HTTPConnection, HTTPSConnection

from zettai_worker.limiter.local_clock import ClockReading, read_clocks

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BeforeSend: TypeAlias = Callable[[], object]
"""A before-send hook: runs once for each request, just before its first byte. If it raises, nothing is sent."""


class NotWritten(Exception):  # noqa: N818 - the name states the fact
    """No byte was written. urllib3 catches only OSError and HTTPException, so this error passes through it."""


class Stopped(NotWritten):
    """The process was stopped, or the machine suspended, after the before-send hook had returned. Its slot is over."""


@dataclass(slots=True)
class Call:
    """One request, and how far it has come.

    Attributes:
        before_send: the before-send hook, if there is one.
        query: the secret query, with its `?`; empty if there is none.
        body: the secret body; None for a request without a body.
        read_timeout: seconds without a byte that end the call.
        deadline: seconds from the first byte written to the last byte read.
        on_written: is called when the request is written, if it has a before-send hook.
        largest_answer: bytes of an answer, headers included, after which reading it fails; None: any number.
        hook_error: what the hook raised.
        hook_ended: the clocks when the hook had returned.
        written_at: when the first byte was about to be written, on the monotonic clock; None before that.
    """

    before_send: BeforeSend | None
    query: str = field(repr=False)
    body: bytes | None = field(repr=False)
    read_timeout: float
    deadline: float
    on_written: Callable[[], None]
    largest_answer: int | None = None
    hook_error: Exception | None = None
    hook_ended: ClockReading | None = None
    written_at: float | None = None

    def run_hook(self) -> None:
        """Run the before-send hook.

        Raises:
            NotWritten: the hook raised an error, which is now in `hook_error`.
        """
        try:
            if self.before_send is not None:
                self.before_send()
        except Exception as error:  # noqa: BLE001 - the transport raises it again, unchanged
            self.hook_error = error
            raise NotWritten from None
        self.hook_ended = read_clocks()

    def mark_as_written(self) -> None:
        """Record that from now on the provider may have the request.

        Raises:
            Stopped: the hook returned too long ago.
        """
        if self.hook_ended and not read_clocks().can_trust(self.hook_ended):
            raise Stopped
        self.written_at = monotonic()

    def socket_timeout(self) -> float:
        """Return the seconds that the next read or write may take.

        Raises:
            TimeoutError: the deadline has passed.
        """
        used = 0.0 if self.written_at is None else monotonic() - self.written_at
        if used >= self.deadline:
            raise TimeoutError
        return min(self.read_timeout, self.deadline - used)


current_call: ContextVar[Call] = ContextVar("current_call")
"""The call that this thread is making."""


class DeadlineReader(io.RawIOBase):
    """Reads from a socket until the call's deadline, and up to its largest answer."""

    def __init__(self, raw: io.RawIOBase, sock: socket, call: Call) -> None:
        self._raw = raw
        self._sock = sock
        self._call = call
        self._read = 0

    def readable(self) -> bool:
        """Return True; `BufferedReader` asks for it."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        """Wait for bytes until the deadline."""
        self._sock.settimeout(self._call.socket_timeout())
        count = self._raw.readinto(buffer)
        self._read += count or 0
        if self._call.largest_answer is not None and self._read > self._call.largest_answer:
            raise OSError("the answer is too large")
        return count

    def close(self) -> None:
        """Close the socket's file too."""
        self._raw.close()
        super().close()


class DeadlineResponse(HTTPResponse):
    """An answer whose headers and body are both read until the call's deadline."""

    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(DeadlineReader(self.fp.detach(), sock, current_call.get()))

    def begin(self) -> None:
        """Read the headers. Do not reuse a connection on which the final answer is still to come.

        Otherwise the next call on this connection would read that answer as its own.
        """
        super().begin()
        if self.status < HTTPStatus.OK:
            self.will_close = True


class BeforeSendHTTPConnection(HTTPConnection):
    """A plain HTTP connection that runs the before-send hook. For loopback only."""

    _method = ""

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **_: Any) -> None:  # noqa: ARG002
        """Build the request, connect, run the before-send hook, write the request.

        Args:
            method: `GET` or `POST`.
            url: the path; the call's query is added here.
            body: not used; the call has it.
            headers: all but `Content-Length`, in ASCII and without line breaks.
        """
        call = current_call.get()
        self._method = method
        lines = [f"{method} {url}{call.query} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()]]
        if call.body is not None:
            lines.append(f"Content-Length: {len(call.body)}")
        request = "\r\n".join([*lines, "\r\n"]).encode("ascii") + (call.body or b"")
        if self.sock is None:
            self.connect()
        call.run_hook()
        if not self.is_connected:  # the provider closed the connection while the hook ran
            raise NotWritten
        call.mark_as_written()
        self.sock.settimeout(call.socket_timeout())
        self.sock.sendall(request)
        if call.before_send is not None:
            call.on_written()

    def getresponse(self) -> PooledResponse:  # type: ignore[override]  # as in urllib3
        """Read the headers of the answer; the caller reads the body."""
        answer = DeadlineResponse(self.sock, method=self._method)
        try:
            answer.begin()
        except BaseException:  # whatever it is, the socket is closed, and it is raised again
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


class BeforeSendHTTPSConnection(BeforeSendHTTPConnection, HTTPSConnection):
    """A TLS connection that runs the before-send hook."""

    sock: ssl.SSLSocket | None

    @property
    def is_connected(self) -> bool:
        """Return False also if the buffer of TLS still has bytes. The next call would read them as its answer."""
        return super().is_connected and self.sock is not None and not self.sock.pending()


class BeforeSendHTTPPool(HTTPConnectionPool):
    """A pool of plain HTTP connections that run the before-send hook."""

    ConnectionCls = BeforeSendHTTPConnection


class BeforeSendHTTPSPool(HTTPSConnectionPool):
    """A pool of TLS connections that run the before-send hook."""

    ConnectionCls = BeforeSendHTTPSConnection
