"""The uvicorn server of the gateway. It logs no paths."""

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from zettai.core.delivery_reports.sources import Networks
from zettai.gateway.connections import MAX_CONNECTIONS, Connections, LimitedProtocol

PEER = "zettai.peer"
"""The key of the connection's address in the ASGI scope. `client` may be the address that a proxy names."""


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket.

    Raises:
        OSError: the port is in use, or the address does not exist.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


class GatewayServer(uvicorn.Server):
    """A server with a second port for probes, which connections to the first port cannot use up."""

    def __init__(self, config: uvicorn.Config, probes: uvicorn.Config) -> None:
        """Build without listening."""
        super().__init__(config)
        self._probes = probes
        self.probe_socket: socket.socket | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen on both ports."""
        await super().startup(sockets)
        if self.probe_socket is not None:
            listener = await asyncio.get_running_loop().create_server(self._probe_protocol, sock=self.probe_socket)
            self.servers.append(listener)

    def _probe_protocol(self) -> asyncio.Protocol:
        return self._probes.http_protocol_class(config=self._probes, server_state=self.server_state, app_state={})  # type: ignore[call-arg]


def build_server(app: ASGIApp, probes: ASGIApp, proxies: Networks) -> GatewayServer:
    """Configure uvicorn.

    Args:
        app: the app to serve.
        probes: the app of the port for probes.
        proxies: the proxies whose `X-Forwarded-For` is trusted.
    """
    main = _config(app, proxies, proxies)
    # uvicorn counts the connections of both ports, and answers further requests with 503.
    main.limit_concurrency = MAX_CONNECTIONS + 1
    second = _config(probes, (), proxies)
    second.load()
    return GatewayServer(main, second)


def _config(app: ASGIApp, trusted: Networks, proxies: Networks) -> uvicorn.Config:
    class Protocol(LimitedProtocol):
        limits = Connections(proxies)

    # uvicorn and Starlette have different types for the same protocol.
    behind_proxies: Any = (
        ProxyHeadersMiddleware(app, [str(network) for network in trusted]) if trusted else app  # type: ignore[arg-type]
    )
    return uvicorn.Config(
        _with_peer(behind_proxies),
        loop="asyncio",
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,  # the gateway configures logging itself
        access_log=False,  # it would log paths
        server_header=False,
        proxy_headers=False,  # the default of uvicorn trusts every client on this host; ours is above
        timeout_graceful_shutdown=10,
    )


def peer_of(scope: Scope) -> str | None:
    """Return the address from which a connection came, whatever a proxy says about its client."""
    peer: str | None = scope.get(PEER)
    return peer


def serve(server: GatewayServer, listener: socket.socket, probe_listener: socket.socket | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C. Requests in flight are answered first."""
    # After its shutdown uvicorn raises the signal again. Without these handlers the exit code would not be 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ignore)
    server.probe_socket = probe_listener
    server.run(sockets=[listener])


def _with_peer(app: Callable[..., Any]) -> ASGIApp:
    """Note the address of the connection before a middleware replaces it."""

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        scope[PEER] = client[0] if client else None
        await app(scope, receive, send)

    return note


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Ignore a signal."""
