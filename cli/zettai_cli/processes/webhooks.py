"""The command `webhooks`."""

from contextlib import ExitStack

from prometheus_client import CollectorRegistry, start_http_server

from zettai.core.core_dumps import forbid_core_dumps
from zettai.core.listening import listen_errors
from zettai.core.logging import configure_logging, log_uncaught_errors
from zettai.core.store.layout import check_store
from zettai.core.trace_export import start_trace_export
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.options import LogAsJson
from zettai_worker.webhooks.metrics import WebhookMetrics
from zettai_worker.webhooks.process import run
from zettai_worker.webhooks.settings import WebhookSettings


def webhooks(*, as_json: LogAsJson = False) -> ExitCode:
    """Deliver events to the endpoints of ZETTAI_WEBHOOKS_FILE by HTTPS, until SIGTERM or Ctrl-C.

    It needs no token. Several hosts may run it. Each endpoint is served by one of them, and another one takes over if
    that one dies.
    """
    settings = WebhookSettings.load(**({"log_format": "json"} if as_json else {}))
    endpoints = settings.endpoints()
    check_store(settings)
    configure_logging(settings)
    forbid_core_dumps()
    log_uncaught_errors()
    registry = CollectorRegistry()
    with ExitStack() as exits:
        exits.callback(start_trace_export("zettai-webhooks"))
        if settings.metrics_port is not None:
            with listen_errors(settings.metrics_port):
                server, thread = start_http_server(settings.metrics_port, settings.metrics_host, registry)
            exits.callback(thread.join)
            exits.callback(server.server_close)
            exits.callback(server.shutdown)
        run(settings, endpoints, WebhookMetrics(registry))
    return ExitCode.OK
