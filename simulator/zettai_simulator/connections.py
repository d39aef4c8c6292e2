"""HTTP connections that record when the current request began to arrive."""

import asyncio
from typing import Any, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from zettai_simulator.sockets import StampedSocket


class Connection(RequestHandler):
    """One connection, plain or TLS.

    A request may come in several segments, headers and body. Its arrival is the stamp of the first; clients do not
    pipeline, so the first bytes behind a finished request belong to the next.
    """

    __slots__ = ("_arrival", "_socket")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arrival = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Find the stamped socket. Under TLS this is called after the handshake."""
        super().connection_made(transport)
        # asyncio wraps the socket and offers no other way to the object that it really reads from.
        self._socket = cast("StampedSocket", transport.get_extra_info("socket")._sock)  # noqa: SLF001

    def data_received(self, data: bytes) -> None:
        """Record the timestamp of the first bytes of a request."""
        if not self._arrival:
            self._arrival = self._socket.stamp
        super().data_received(data)

    def take_arrival(self) -> int:
        """Return when the request that was just read arrived; the next bytes begin another request."""
        arrival, self._arrival = self._arrival, 0
        return arrival


class ConnectionFactory(web.Server):
    """Creates a `Connection` for each client."""

    def __call__(self) -> Connection:
        """Create a connection. asyncio calls this for each client."""
        return Connection(self, loop=self._loop, **self._kwargs)
