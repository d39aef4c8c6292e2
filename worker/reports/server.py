"""The process that takes delivery reports: uvicorn, set up to keep the path out of every log."""

import signal
import socket
from datetime import timedelta
from types import FrameType

import structlog
import uvicorn
from redis.backoff import NoBackoff
from redis.retry import Retry
from starlette.applications import Starlette

from producers.connection import connect
from producers.keys import Keys
from producers.ledger import WorkLedger
from worker.reports.app import create_app
from worker.reports.recorder import Recorder
from worker.reports.sources import Sources
from worker.settings import WorkerSettings, networks

logger = structlog.get_logger("zettai.reports")

REDIS_TIMEOUT = timedelta(seconds=1)
"""For connecting and for each answer, tried twice at most: the provider must hear from us within 10 seconds."""

MOST_CONNECTIONS = 500
"""More are answered with 503 at once."""


def open_ledger(settings: WorkerSettings) -> WorkLedger:
    """The ledger, with a client that gives up early: the provider comes again."""
    redis = connect(settings.redis_url, retry=Retry(NoBackoff(), retries=1), timeout=REDIS_TIMEOUT)
    return WorkLedger(redis, Keys(settings.key_prefix))


def build_app(settings: WorkerSettings, ledger: WorkLedger) -> Starlette:
    """The app as the settings have it.

    Raises:
        SettingsError: there is no path.
    """
    return create_app(
        Recorder(ledger, settings.client_id),
        Sources(networks(settings.report_allow)),
        settings.required_report_path(),
        ledger.redis.ping,
    )


def listen(settings: WorkerSettings) -> socket.socket:
    """Take the port.

    Raises:
        OSError: it is taken, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in settings.report_host else socket.AF_INET
    return socket.create_server((settings.report_host, settings.report_port), family=family)


def build_server(app: Starlette, settings: WorkerSettings) -> uvicorn.Server:
    """Set up uvicorn."""
    proxies = [str(network) for network in networks(settings.report_proxies)]
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
            forwarded_allow_ips=proxies,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=10,
        )
    )


def serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C; what is being answered then is answered."""
    # uvicorn sends itself the signal again when it has ended, which would make a good end look like a bad one.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ignore)
    host, port = listener.getsockname()[:2]
    logger.info("receiving_reports", host=host, port=port)
    server.run(sockets=[listener])


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """It has done its work."""
