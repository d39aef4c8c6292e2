"""HTTP connections that know when the request at hand began to arrive. What requests mean is not known here."""

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
        """Find the stamped socket; under TLS this comes after the handshake, whose bytes are no request."""
        super().connection_made(transport)
        # asyncio wraps the socket and offers no other way to the object that it really reads from.
        self._socket = cast("StampedSocket", transport.get_extra_info("socket")._sock)  # noqa: SLF001

    def data_received(self, data: bytes) -> None:
        """Note the stamp of a request's first bytes."""
        if not self._arrival:
            self._arrival = self._socket.stamp
        super().data_received(data)

    def take_arrival(self) -> int:
        """When the request that was just read arrived; the next bytes begin another."""
        arrival, self._arrival = self._arrival, 0
        return arrival


class ConnectionFactory(web.Server):
    """Makes a `Connection` for each client."""

    def __call__(self) -> Connection:
        """What asyncio calls for each connection accepted."""
        return Connection(self, loop=self._loop, **self._kwargs)
