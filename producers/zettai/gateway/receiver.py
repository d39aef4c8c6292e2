"""The receiver of delivery reports as a process of its own: the app on its port, until it is told to stop."""

import structlog
from prometheus_client import start_http_server

from zettai.core.delivery_reports.sources import networks
from zettai.core.logging import configure_logging, log_the_uncaught
from zettai.gateway.reports import create_receiver
from zettai.gateway.server import build_reports, build_server, build_taker, listen, serve
from zettai.gateway.settings import GatewaySettings

logger = structlog.get_logger("zettai.reports")


def receive(settings: GatewaySettings) -> None:
    """Take delivery reports until SIGTERM or Ctrl-C.

    Raises:
        SettingsError: there is no path, or no client id.
        OSError: a port is taken, or there is no such address.
    """
    with build_taker(settings) as taker:
        app = create_receiver(build_reports(settings, taker))
        configure_logging(settings)
        log_the_uncaught()
        listener = listen(settings.report_host, settings.report_port)
        if settings.metrics_port is not None:
            start_http_server(settings.metrics_port)
        host, port = listener.getsockname()[:2]
        logger.info("receiving_reports", host=host, port=port)
        serve(build_server(app, networks(settings.report_proxies)), listener)
