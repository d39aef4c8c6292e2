"""The Celery app of `celery -A zettai_worker worker`, `beat` and `flower`."""

import gc
import sys
import warnings
from collections.abc import Callable
from functools import cache
from threading import Thread
from typing import Any

import structlog
from celery import Celery
from celery.apps import worker as celery_worker
from celery.exceptions import CPendingDeprecationWarning
from celery.signals import celeryd_init, setup_logging, worker_init, worker_shutdown, worker_shutting_down
from prometheus_client import REGISTRY, start_http_server

from zettai.core.celery_config import celery_config
from zettai.core.core_dumps import forbid_core_dumps
from zettai.core.errors import SettingsError
from zettai.core.lanes import Lane
from zettai.core.listening import CannotListen, listen_errors
from zettai.core.logging import configure_logging, log_uncaught_errors
from zettai.core.store.layout import check_store
from zettai.core.trace_export import start_trace_export
from zettai_worker.engine.open_queues import OpenQueues
from zettai_worker.runtimes import Runtimes
from zettai_worker.settings import CONNECT_TIMEOUT, WorkerSettings
from zettai_worker.tasks import register_tasks

logger = structlog.get_logger("zettai.worker")

STOP_TIMEOUT = 5 * CONNECT_TIMEOUT
"""How long a process that stops waits for its calls, beside `ZETTAI_HTTP_TIMEOUT`: for their connections, and for their
outcomes to be recorded.
"""

SWITCH_INTERVAL = 0.001
"""Seconds until a busy thread lets another one run. Python's 5 ms is too long: a slot is lost after 3 ms."""


def create_app(settings: WorkerSettings) -> Celery:
    """Return the app that workers, beat and Flower run."""
    app = Celery("zettai")
    config = celery_config(settings)
    # By name: a worker shows its transport options as JSON, for example to Flower.
    config["broker_transport_options"] |= {"queue_order_strategy": f"{__name__}:open_queues"}
    app.conf.update(config | WORKER_CONFIG)
    register_tasks(app, lambda account: runtimes().of(account))
    return app


def open_queues() -> OpenQueues:
    """Return the order in which kombu reads the queues of this process."""
    return OpenQueues(_has_room)


def _has_room(lane: Lane, account: str | None) -> bool:
    return runtimes().has_room(lane, account)


WORKER_CONFIG: dict[str, Any] = {
    # Each task only hands its messages to the engine, in the thread that reads the queues. The engine has the threads.
    "worker_pool": "solo",
    "worker_consumer": "zettai_worker.message_filter:FilteringConsumer",
    "task_acks_late": True,
    "worker_prefetch_multiplier": 1,
    "worker_disable_rate_limits": True,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "beat_scheduler": "zettai_worker.beat.RedisClockScheduler",
}
"""The configuration of workers and beat."""


def _settings_or_exit() -> WorkerSettings:
    try:
        return WorkerSettings.load()
    except SettingsError as error:
        message = f"zettai: {error}"
    raise SystemExit(message)


settings = _settings_or_exit()


@cache
def runtimes() -> Runtimes:
    """Return the services of this worker process."""
    return Runtimes(settings, REGISTRY)


stop_trace_export: list[Callable[[], None]] = []
"""Ends the export of spans, while there is one."""


@celeryd_init.connect
@setup_logging.connect
def _configure_logging(**_: Any) -> None:
    """Configure logging first: Celery warns about the user before it sets up logging."""
    configure_logging(settings)
    log_uncaught_errors()
    # It concerns tasks that run when the connection is lost. Ours end at once.
    warnings.simplefilter("ignore", CPendingDeprecationWarning)
    if not sys.stdout.isatty():
        # Celery prints its shutdown notes as plain text. The event `worker_stopping` replaces them.
        celery_worker.safe_say = _print_nothing  # type: ignore[attr-defined]


def _print_nothing(*_: object) -> None:
    """Replace Celery's `safe_say`."""


@worker_init.connect
def _prepare(**_: Any) -> None:
    """Build the services in the main thread. Beat and Flower need neither them nor a token."""
    try:
        check_store(settings)
        runtimes()
        stop_trace_export.append(start_trace_export("zettai-worker"))
        if settings.metrics_port is not None:
            with listen_errors(settings.metrics_port):
                start_http_server(settings.metrics_port, settings.metrics_host)
    except (SettingsError, CannotListen) as error:
        raise SystemExit(f"zettai: {error}") from None
    # These objects stay. If the garbage collector scanned them again, it would take longer than a slot.
    gc.freeze()
    sys.setswitchinterval(SWITCH_INTERVAL)


@worker_shutting_down.connect
def _stop(sender: str, **_: Any) -> None:
    """Stop the services, in a thread of its own, because a signal handler must not wait for a lock."""
    Thread(target=_stop_runtime, args=(sender,), name="zettai-stop").start()


def _stop_runtime(name: str) -> None:
    logger.info("worker_stopping", process=name)
    runtimes().stop()


@worker_shutdown.connect
def _finish(**_: Any) -> None:
    """Wait for the calls in flight. Celery has stopped then, for whatever reason."""
    runtimes().stop()
    if not runtimes().join((settings.http_timeout + STOP_TIMEOUT).total_seconds()):
        logger.error("calls_abandoned", calls=runtimes().busy, consequence="they are looked up")
    while stop_trace_export:
        stop_trace_export.pop()()


forbid_core_dumps()

app = create_app(settings)
