"""The command `exporter`: tells Prometheus what all processes share, until it is told to stop."""

from datetime import timedelta
from typing import Annotated

import structlog
import typer
from prometheus_client import CollectorRegistry, start_http_server

from zettai.core.logging import configure_logging
from zettai.core.settings import ProcessSettings
from zettai.core.store import MessageStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.keys import Keys
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.output import AsJson
from zettai_worker.metrics.exporter import Exporter
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings
from zettai_worker.supervisor.signals import STOP, Signals

logger = structlog.get_logger("zettai.exporter")

PORT = 9420

REDIS_TIMEOUT = timedelta(seconds=2)
"""For connecting and for each answer: Prometheus waits 10 s for all of it."""


def exporter(
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where Prometheus finds it, on all addresses.")] = PORT,
    as_json: AsJson = False,
) -> ExitCode:
    """Serve the figures of the whole installation to Prometheus, until SIGTERM or Ctrl-C. Needs Redis, and no token.

    One is enough, whatever the number of hosts: with two, each figure is told twice. With --json the log is JSON lines,
    as it is wherever there is no terminal.
    """
    settings = LimiterSettings.load()
    configure_logging(ProcessSettings.load(**({"log_format": "json"} if as_json else {})))
    store = MessageStore(connect(settings.redis_url, retry=UNRETRIED, timeout=REDIS_TIMEOUT), Keys(settings.key_prefix))
    limiter = build_limiter(settings)
    registry = CollectorRegistry()
    registry.register(Exporter(store, limiter))
    try:
        server, thread = start_http_server(port, registry=registry)
    except OSError as error:
        raise Failure(f"cannot listen: {error.strerror or error}") from None
    with Signals() as signals:
        logger.info("exporting", port=port)
        while not STOP.intersection(signals.wait(None)):
            pass
    server.shutdown()
    server.server_close()
    thread.join()
    limiter.close()
    store.close()
    return ExitCode.OK
