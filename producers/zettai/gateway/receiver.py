"""The receiver of delivery reports as a process of its own: the app on its port, until it is told to stop."""

import structlog
from prometheus_client import start_http_server

from zettai.core.delivery_reports.sources import parse_networks
from zettai.core.logging import configure_logging, log_uncaught_errors
from zettai.gateway.reports import create_receiver
from zettai.gateway.server import build_handler, build_reports, build_server, listen, serve
from zettai.gateway.settings import GatewaySettings

logger = structlog.get_logger("zettai.reports")


def receive(settings: GatewaySettings) -> None:
    """Take delivery reports until SIGTERM or Ctrl-C.

    Raises:
        SettingsError: there is no path, or no client id.
        OSError: a port is taken, or there is no such address.
    """
    with build_handler(settings) as handler:
        app = create_receiver(build_reports(settings, handler))
        configure_logging(settings)
        log_uncaught_errors()
        listener = listen(settings.report_host, settings.report_port)
        if settings.metrics_port is not None:
            start_http_server(settings.metrics_port)
        host, port = listener.getsockname()[:2]
        logger.info("receiving_reports", host=host, port=port)
        serve(build_server(app, parse_networks(settings.report_proxies)), listener)
