"""The uvicorn server of the gateway. It logs no paths."""

import signal
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from zettai.core.delivery_reports.sources import Networks

MAX_CONNECTIONS = 500
"""Further connections are answered with 503."""


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket.

    Raises:
        OSError: the port is in use, or the address does not exist.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def build_server(app: ASGIApp, proxies: Networks) -> uvicorn.Server:
    """Configure uvicorn.

    Args:
        app: the app to serve.
        proxies: the proxies whose `X-Forwarded-For` is trusted.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,  # the gateway configures logging itself
            access_log=False,  # it would log paths
            server_header=False,
            # The default of uvicorn trusts every client on this host.
            proxy_headers=bool(proxies),
            forwarded_allow_ips=[str(network) for network in proxies],
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=10,
        )
    )


def serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C. Requests in flight are answered first."""
    # After its shutdown uvicorn raises the signal again. Without these handlers the exit code would not be 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ignore)
    server.run(sockets=[listener])


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Ignore a signal."""
