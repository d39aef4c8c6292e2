"""The gateway as a process: all of it on one port, until it is told to stop."""

from contextlib import ExitStack
from datetime import timedelta

import structlog
from prometheus_client import start_http_server
from redis.backoff import NoBackoff
from redis.retry import Retry
from starlette.types import ASGIApp

from zettai.client import SmsClient
from zettai.core.delivery_reports.sources import parse_networks
from zettai.core.logging import configure_logging, log_uncaught_errors
from zettai.core.store import MessageStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.gateway.admission import Admission
from zettai.gateway.app import create_app
from zettai.gateway.rates import Rates
from zettai.gateway.resources import Resources
from zettai.gateway.server import build_handler, build_reports, build_server, listen, serve
from zettai.gateway.settings import GatewaySettings

logger = structlog.get_logger("zettai.gateway")

REDIS_TIMEOUT = timedelta(seconds=2)
"""For reading and counting; each is tried twice at most."""


def build_gateway(settings: GatewaySettings, resources: ExitStack) -> ASGIApp:
    """The app as the settings have it.

    Args:
        settings: of the gateway. With a path for delivery reports it takes these too.
        resources: closes the connections in the end.

    Raises:
        SettingsError: there are no API keys; or reports shall be taken, and there is no client id.
        DurabilityUnavailable: all messages shall be durable, but this Redis cannot tell.
    """
    keys = settings.required_gateway_keys()
    redis = connect(settings.redis_url, retry=Retry(NoBackoff(), retries=1), timeout=REDIS_TIMEOUT)
    names = Keys(settings.key_prefix)
    store = MessageStore(redis, names)
    resources.callback(store.close)
    reports = None
    if settings.report_path is not None:
        reports = build_reports(settings, resources.enter_context(build_handler(settings)))
    client = resources.enter_context(SmsClient(settings))
    admission = Admission(keys, Rates(redis, names, settings.gateway_rate))
    return create_app(Resources(client, store), admission, redis.ping, reports)


def run(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        SettingsError: something is missing; see `build_gateway`.
        DurabilityUnavailable: likewise.
        OSError: a port is taken, or there is no such address.
    """
    with ExitStack() as resources:
        app = build_gateway(settings, resources)
        configure_logging(settings)
        log_uncaught_errors()
        listener = listen(settings.gateway_host, settings.gateway_port)
        if settings.metrics_port is not None:
            start_http_server(settings.metrics_port)
        host, port = listener.getsockname()[:2]
        logger.info("gateway_listens", host=host, port=port, reports=settings.report_path is not None)
        serve(build_server(app, parse_networks(settings.report_proxies)), listener)
