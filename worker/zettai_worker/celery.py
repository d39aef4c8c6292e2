"""The Celery app of `celery -A zettai_worker worker`, `beat` and `flower`."""

import gc
import sys
from functools import cache
from threading import Thread
from typing import Any

import structlog
from celery import Celery
from celery.apps import worker as celery_worker
from celery.signals import celeryd_init, setup_logging, worker_init, worker_shutting_down
from prometheus_client import REGISTRY, start_http_server

from zettai.core.celery_config import celery_config
from zettai.core.errors import SettingsError
from zettai.core.listening import CannotListen, listen_errors
from zettai.core.logging import configure_logging, log_uncaught_errors
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.runtime import Runtime
from zettai_worker.settings import CONNECT_TIMEOUT, WorkerSettings
from zettai_worker.tasks import register_tasks

logger = structlog.get_logger("zettai.worker")

THREADS = 32
"""Threads of one process, each with one call in flight: enough for its share of 600 calls a second."""

SWITCH_INTERVAL = 0.001
"""Seconds until a busy thread lets another one run. Python's 5 ms is too long: a slot is lost after 3 ms."""


def create_app(settings: WorkerSettings) -> Celery:
    """Return the app that workers, beat and Flower run."""
    app = Celery("zettai")
    app.conf.update(celery_config(settings) | worker_config(settings))
    register_tasks(app, runtime)
    return app


def worker_config(settings: WorkerSettings) -> dict[str, Any]:
    """Return the configuration of workers and beat."""
    return {
        "worker_pool": "threads",
        "worker_consumer": "zettai_worker.message_filter:FilteringConsumer",
        "worker_concurrency": THREADS,
        # A task is acknowledged when it is done. Those of a killed worker come back, and the store decides what to do.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_disable_rate_limits": True,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_soft_shutdown_timeout": settings.http_timeout.total_seconds() + CONNECT_TIMEOUT.total_seconds(),
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "beat_scheduler": "zettai_worker.beat.RedisClockScheduler",
    }


def _settings_or_exit() -> WorkerSettings:
    try:
        return WorkerSettings.load()
    except SettingsError as error:
        message = f"zettai: {error}"
    raise SystemExit(message)


settings = _settings_or_exit()


@cache
def runtime() -> Runtime:
    """Return the services of this worker process."""
    return Runtime(settings, WorkerMetrics(REGISTRY))


@celeryd_init.connect
@setup_logging.connect
def _configure_logging(**_: Any) -> None:
    """Configure logging first: Celery warns about the user before it sets up logging."""
    configure_logging(settings)
    log_uncaught_errors()
    if not sys.stdout.isatty():
        # Celery prints its shutdown notes as plain text. The event `worker_stopping` replaces them.
        celery_worker.safe_say = _print_nothing  # type: ignore[attr-defined]


def _print_nothing(*_: object) -> None:
    """Replace Celery's `safe_say`."""


@worker_init.connect
def _prepare(**_: Any) -> None:
    """Build the services in the main thread. Beat and Flower need neither them nor a token."""
    try:
        runtime()
        if settings.metrics_port is not None:
            with listen_errors(settings.metrics_port):
                start_http_server(settings.metrics_port)
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
    runtime().stop()


app = create_app(settings)
