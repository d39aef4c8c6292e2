"""The gateway process: the API, the delivery report endpoint, or both, on one port."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta

import structlog
from prometheus_client import start_http_server
from redis.backoff import NoBackoff
from redis.retry import Retry
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from zettai.client import SmsClient
from zettai.core.core_dumps import forbid_core_dumps
from zettai.core.delivery_reports import DeliveryReportHandler, Sources
from zettai.core.delivery_reports.sources import parse_networks
from zettai.core.errors import SettingsError
from zettai.core.listening import listen_errors
from zettai.core.logging import configure_logging, log_uncaught_errors
from zettai.core.store import MessageStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.store.layout import check_layout
from zettai.core.trace_export import start_trace_export
from zettai.gateway.api import Api
from zettai.gateway.api_key_file import ApiKeyFile
from zettai.gateway.app import Probes, create_app, create_probe_app
from zettai.gateway.authentication import Authenticator
from zettai.gateway.metrics import GatewayMetrics, process_registry
from zettai.gateway.rate_limit import RequestRateLimit
from zettai.gateway.report_endpoint import DeliveryReportApp
from zettai.gateway.server import build_server, listen, serve
from zettai.gateway.settings import GatewaySettings
from zettai.gateway.store_calls import StoreCalls

logger = structlog.get_logger("zettai.gateway")

REDIS_TIMEOUT = timedelta(seconds=2)
"""For the connection and for each answer, with one retry."""


BuildConsole = Callable[[SmsClient, StoreCalls, ExitStack], Sequence[BaseRoute]]
"""Builds the routes of the web console, which is a package of its own. It gets the client, the threads for calls of the
store, and what closes its connections at the end.
"""


def build_apps(
    settings: GatewaySettings, metrics: GatewayMetrics, resources: ExitStack, console: BuildConsole | None = None
) -> tuple[ASGIApp, ASGIApp]:
    """Build the app, and the app for probes only.

    The app has the API if there are API keys, and the delivery report endpoint if there is a path for it.

    Args:
        settings: the settings of the gateway.
        metrics: the metrics of the process.
        resources: closes the connections at the end.
        console: builds the web console.

    Raises:
        SettingsError: there is nothing to serve, or reports are enabled without a client id.
        DurabilityUnavailable: all messages must be durable, but Redis cannot confirm it.
    """
    keys = settings.api_keys()
    if keys is None and settings.report_path is None and console is None:
        raise SettingsError(
            "ZETTAI_GATEWAY_KEYS_FILE: must be set (or ZETTAI_GATEWAY_KEYS); zettai gateway-key makes a key"
        )
    redis = connect(settings.redis_url, retry=Retry(NoBackoff(), retries=1), timeout=REDIS_TIMEOUT)
    resources.callback(redis.close)
    check_layout(redis, Keys(settings.key_prefix))
    calls = StoreCalls()
    reports = None
    if settings.report_path is not None:
        handler = resources.enter_context(DeliveryReportHandler(settings, on_outcome=metrics.count_report))
        sources = Sources(parse_networks(settings.report_allow))
        reports = DeliveryReportApp(handler, sources, settings.report_path, metrics)
    api = None
    client = resources.enter_context(SmsClient(settings)) if keys is not None or console is not None else None
    if keys is not None and client is not None:
        if isinstance(keys, ApiKeyFile):
            metrics.keys_outdated.set_function(keys.is_outdated)
        names = Keys(settings.key_prefix)
        authenticator = Authenticator(keys, RequestRateLimit(redis, names, settings.gateway_rate))
        store = MessageStore(redis, names, secrets=settings.secret_keys())
        api = Api(client, store, authenticator, calls, metrics.registry)
    probes = Probes(lambda: calls.run(redis.ping))
    routes = console(client, calls, resources) if console is not None and client is not None else ()
    return create_app(api, reports, probes, metrics, routes), create_probe_app(probes, metrics)


def run(settings: GatewaySettings, console: BuildConsole | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Args:
        settings: the settings of the gateway.
        console: see `build_apps`.

    Raises:
        SettingsError: see `build_apps`.
        DurabilityUnavailable: see `build_apps`.
        CannotListen: a port is in use, or the address does not exist.
    """
    metrics = GatewayMetrics(process_registry())
    with ExitStack() as resources:
        app, probes = build_apps(settings, metrics, resources, console)
        configure_logging(settings)
        forbid_core_dumps()
        log_uncaught_errors()
        resources.callback(start_trace_export("zettai-gateway"))
        with listen_errors(settings.gateway_port):
            listener = listen(settings.gateway_host, settings.gateway_port)
        probe_listener = None
        if settings.gateway_health_port is not None:
            with listen_errors(settings.gateway_health_port):
                probe_listener = listen(settings.gateway_host, settings.gateway_health_port)
        if settings.metrics_port is not None:
            with listen_errors(settings.metrics_port):
                start_http_server(settings.metrics_port, settings.metrics_host, metrics.registry)
        host, port = listener.getsockname()[:2]
        api, reports = settings.has_api_keys, settings.report_path is not None
        logger.info("gateway_listening", host=host, port=port, api=api, reports=reports, console=console is not None)
        serve(build_server(app, probes, parse_networks(settings.report_proxies)), listener, probe_listener)


def run_report_endpoint(settings: GatewaySettings) -> None:
    """Serve the delivery report endpoint without the API, as `zettai receive-reports`.

    Raises:
        SettingsError: the report path or the client id is missing.
        CannotListen: a port is in use, or the address does not exist.
    """
    settings.required_report_path()
    run(settings.model_copy(update={"gateway_keys": None, "gateway_keys_file": None}))
