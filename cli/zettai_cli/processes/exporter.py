"""The command `exporter`."""

from contextlib import ExitStack, closing
from datetime import timedelta
from typing import Annotated

import structlog
import typer
from prometheus_client import CollectorRegistry, start_http_server

from zettai.core.accounts import account_label
from zettai.core.core_dumps import forbid_core_dumps
from zettai.core.listening import listen_errors
from zettai.core.logging import configure_logging
from zettai.core.settings import ProcessSettings
from zettai.core.store.connection import UNRETRIED
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.options import LogAsJson
from zettai_cli.shared.store import open_stores
from zettai_worker.metrics.exporter import Exporter
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings
from zettai_worker.supervisor.signals import STOP, Signals

logger = structlog.get_logger("zettai.exporter")

PORT = 9420

REDIS_TIMEOUT = timedelta(seconds=2)
"""For connecting and for each answer. Prometheus waits 10 s for the whole response."""


def exporter(
    *,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="The port for Prometheus, at ZETTAI_METRICS_HOST.")
    ] = PORT,
    as_json: LogAsJson = False,
) -> ExitCode:
    """Serve the metrics of the whole installation to Prometheus, until SIGTERM or Ctrl-C. It needs Redis but no token.

    Run one exporter, whatever the number of hosts. Two would report each metric twice.
    """
    settings = LimiterSettings.load()
    process = ProcessSettings.load(**({"log_format": "json"} if as_json else {}))
    configure_logging(process)
    forbid_core_dumps()
    with (
        open_stores(settings, retry=UNRETRIED, timeout=REDIS_TIMEOUT) as stores,
        ExitStack() as limiters,
    ):
        registry = CollectorRegistry()
        accounts = {
            account_label(one): (store, limiters.enter_context(closing(build_limiter(settings.for_account(one)))))
            for one, store in stores.items()
        }
        registry.register(Exporter(accounts))
        with listen_errors(port):
            server, thread = start_http_server(port, process.metrics_host, registry)
        with Signals() as signals:
            logger.info("exporting", port=port)
            while not STOP.intersection(signals.wait(None)):
                pass
        server.shutdown()
        server.server_close()
        thread.join()
    return ExitCode.OK
