"""The process that serves HTTP: uvicorn, set up to keep paths out of every log."""

import signal
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from zettai.core.delivery_reports import DeliveryReportHandler, Sources
from zettai.core.delivery_reports.sources import Networks, parse_networks
from zettai.gateway import metrics
from zettai.gateway.reports import Reports
from zettai.gateway.settings import GatewaySettings

MOST_CONNECTIONS = 500
"""More are answered with 503 at once."""


def build_handler(settings: GatewaySettings) -> DeliveryReportHandler:
    """What takes delivery reports, and counts them.

    Raises:
        SettingsError: there is no client id.
    """
    return DeliveryReportHandler(settings, on_outcome=metrics.count_report)


def build_reports(settings: GatewaySettings, handler: DeliveryReportHandler) -> Reports:
    """The endpoint of delivery reports as the settings have it.

    Raises:
        SettingsError: there is no path.
    """
    return Reports(handler, Sources(parse_networks(settings.report_allow)), settings.required_report_path())


def listen(host: str, port: int) -> socket.socket:
    """Take a port.

    Raises:
        OSError: it is taken, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def build_server(app: ASGIApp, proxies: Networks) -> uvicorn.Server:
    """Set up uvicorn.

    Args:
        app: to serve.
        proxies: whose `X-Forwarded-For` is believed.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,  # our own is set up already
            access_log=False,  # its lines have the path
            server_header=False,
            # Its default would believe whoever speaks from this machine.
            proxy_headers=bool(proxies),
            forwarded_allow_ips=[str(network) for network in proxies],
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=10,
        )
    )


def serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C; what is being answered then is answered."""
    # uvicorn sends itself the signal again when it has ended, which would make a good end look like a bad one.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ignore)
    server.run(sockets=[listener])


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """It has done its work."""
