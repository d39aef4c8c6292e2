"""Connections that cost others nothing: deadlines for the client, and limits for each address and for all.

uvicorn has a deadline between two requests only. Without one for the head, silent connections use up all places.
"""

import asyncio
from datetime import timedelta
from typing import ClassVar, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from zettai.core.addresses import counted_address
from zettai.core.delivery_reports.sources import Networks, Sources

MAX_CONNECTIONS = 500
"""If so many are open, the oldest one that waits for a request gives way to a new one."""

MAX_CONNECTIONS_OF_ADDRESS = 100
"""The same for the connections of one address, or of one IPv6 network, unless it is a trusted proxy."""

HEAD_TIMEOUT = timedelta(seconds=5)
"""For the head of a request to arrive, from the opening of the connection or from the previous response."""

TAKE_TIMEOUT = timedelta(seconds=30)
"""For a client to take what was written to it, before more of it is written."""

REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n"
"""The answer if all connections of an address are in the middle of a request."""


class Connections:
    """The open connections of a server, and those that wait for their client, oldest first."""

    def __init__(self, proxies: Networks) -> None:
        self._hosts: dict[LimitedProtocol, str] = {}
        self._waiting: dict[LimitedProtocol, None] = {}
        self._is_proxy = Sources(proxies).allow if proxies else lambda _: False

    def open(self, connection: "LimitedProtocol", host: str) -> bool:
        """Count a new connection. Return whether it may stay."""
        counted = counted_address(host)
        others = sum(one == counted for one in self._hosts.values())
        may_stay = others < MAX_CONNECTIONS_OF_ADDRESS or self._is_proxy(host) or self._make_room(counted)
        if len(self._hosts) >= MAX_CONNECTIONS:
            self._make_room(None)  # else uvicorn answers its requests with 503
        self._hosts[connection] = counted
        return may_stay

    def wait(self, connection: "LimitedProtocol") -> None:
        """Note that a connection waits for a request, or for its client to take a response."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = None

    def serve(self, connection: "LimitedProtocol") -> None:
        """Note that the head of a request has arrived."""
        self._waiting.pop(connection, None)

    def close(self, connection: "LimitedProtocol") -> None:
        """Forget a closed connection."""
        self._hosts.pop(connection, None)
        self._waiting.pop(connection, None)

    def _make_room(self, host: str | None) -> bool:
        """Close the oldest waiting connection of a host, or with None of all. Return whether there was one."""
        oldest = next((one for one in self._waiting if host in {None, self._hosts[one]}), None)
        if oldest is None:
            return False
        del self._waiting[oldest]
        oldest.transport.abort()  # `close` would wait for a client that takes nothing
        return True


class LimitedProtocol(H11Protocol):
    """The HTTP/1.1 protocol of uvicorn, with the deadline and the limits. Make a subclass for each server."""

    limits: ClassVar[Connections]
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        if self.limits.open(self, self.client[0] if self.client else ""):
            self._await_head()
        else:
            transport.write(REFUSAL)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_deadline()
        self.limits.close(self)
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Handle what has arrived."""
        super().handle_events()
        if self._is_answering:
            self._answer()

    def on_response_complete(self) -> None:
        """Wait for the next request, which may have arrived already."""
        if not self.transport.is_closing():
            self._await_head()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for the client, which does not take what was written to it."""
        super().pause_writing()
        self._await(TAKE_TIMEOUT)

    def resume_writing(self) -> None:
        """Go on with the response, or wait for the next request after it."""
        super().resume_writing()
        if self._is_answering:
            self._answer()
        else:
            self._await_head()

    @property
    def _is_answering(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        return cycle is not None and not cycle.response_complete

    def _answer(self) -> None:
        if not self.flow.write_paused:
            self._stop_deadline()
            self.limits.serve(self)

    def _await_head(self) -> None:
        if not self.flow.write_paused:
            self._await(HEAD_TIMEOUT)

    def _await(self, timeout: timedelta) -> None:
        self._stop_deadline()
        self._deadline = self.loop.call_later(timeout.total_seconds(), self.transport.abort)
        self.limits.wait(self)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
