"""One format for all log lines, ours and those of libraries: console or JSON. Secrets are masked."""

import logging
import re
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import structlog
from kombu.exceptions import OperationalError
from pydantic import SecretStr
from redis.exceptions import RedisError
from structlog.typing import EventDict, Processor

from zettai.core.log_context import add_message, add_task
from zettai.core.phone_numbers import mask
from zettai.core.redis_problem import redis_problem
from zettai.core.settings import LogFormat, ProcessSettings

logger = structlog.get_logger("zettai.process")

PHONE_NUMBER = re.compile(r"(?<![0-9A-Za-z-])(?:\+81|0)[26789]0[0-9]{8}(?:[0-9]{3})?(?![0-9])")
"""Anything that looks like a mobile number. Our code logs none; this masks numbers in texts of libraries."""

LIBRARIES_PER_CALL = ("urllib3", "kombu", "amqp", "celery.pool")
"""Libraries that log every call below the level warning, some with the complete URL."""


LIBRARIES_PER_TASK = ("celery.worker.strategy", "celery.app.trace", "celery.beat")
"""Loggers of Celery that log a line for each task. The store has more information."""


def configure_logging(settings: ProcessSettings) -> None:
    """Set up structlog and the standard library's logging for this process. The secrets in the settings are masked."""
    values = (one for _, value in settings for one in (value if isinstance(value, tuple) else (value,)))
    secrets = [value for value in values if isinstance(value, SecretStr)]
    log_format = settings.log_format or (LogFormat.CONSOLE if sys.stderr.isatty() else LogFormat.JSON)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_message,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        shorten_redis_errors,
        structlog.processors.format_exc_info,
        redact(*secrets),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if log_format is LogFormat.CONSOLE
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), add_task, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for name in (*LIBRARIES_PER_CALL, *LIBRARIES_PER_TASK):
        logging.getLogger(name).setLevel(logging.WARNING)


def log_uncaught_errors() -> None:
    """Log Python warnings, and errors that end a thread or the process.

    Only our own processes call it. An application that imports this library keeps its own hooks.
    """
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_process_error
    threading.excepthook = _log_thread_error


def _log_process_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logger.error("process_failed", exc_info=(kind, error, trace))


def _log_thread_error(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is None or issubclass(failed.exc_type, SystemExit):
        return
    name = failed.thread.name if failed.thread else None
    logger.error("thread_failed", thread=name, exc_info=(failed.exc_type, failed.exc_value, failed.exc_traceback))


def shorten_redis_errors(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace the traceback of an error of Redis by `redis`, which says why it cannot be used: a structlog processor.

    An outage is not a defect of ours. The other errors of Redis may be, so they keep their traceback.
    """
    given = event.get("exc_info")
    error = sys.exception() if given is True else given[1] if isinstance(given, tuple) else given
    problem = redis_problem(error) if isinstance(error, RedisError | OperationalError) else None
    return event if problem is None else {**event, "exc_info": None, "redis": problem}


def redact(*secrets: SecretStr) -> Callable[[Any, str, EventDict], EventDict]:
    """Return a structlog processor that masks the secrets and anything that looks like a phone number."""
    secret_texts = [secret.get_secret_value() for secret in secrets]

    def clean(value: object) -> object:
        if not isinstance(value, str):
            return value
        for secret in secret_texts:
            value = value.replace(secret, "[secret]")
        return PHONE_NUMBER.sub(lambda found: mask(found.group()), value)

    def processor(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {name: clean(value) for name, value in event.items()}

    return processor
