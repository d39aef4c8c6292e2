"""Validates each message from the queues before Celery sees it.

Celery deletes an unknown task and quotes it in the log. A message whose body is not a task's crashes the worker, comes
back and crashes the next one. So each message is validated first. One that no producer of ours can have written is
refused: the log line has none of its content, and it never runs.
"""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from queue import Empty
from typing import Any

import structlog
from celery.worker.consumer import Consumer
from kombu.transport.redis import Channel
from pydantic import ConfigDict, TypeAdapter, ValidationError

from zettai_worker.control_filter import filter_control_commands
from zettai_worker.shown_tasks import SHOWN_NAMES

logger = structlog.get_logger("zettai.message_filter")

MAX_BODY_SIZE = 2_000_000
"""Bytes of a message's body: more than the largest task needs."""

TASK_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
"""The task ids of Celery, of beat and of our producers are UUIDs."""

NO_LIMITS = (None, [None, None])
"""Values of the header `timelimit` without a limit."""

BODY_TYPES = (list, dict, dict)
"""The parts of a task's body: arguments, keyword arguments, and the tasks that follow."""

Run = Callable[..., object]

PARSE_ERRORS = (TypeError, ValueError, AttributeError, LookupError)
"""What Celery and kombu raise for a malformed message."""


class FilteringConsumer(Consumer):
    """Celery's consumer, which refuses invalid messages and commands."""

    def __init__(self, *args: Any, **options: Any) -> None:
        drop_unreadable_messages()
        filter_control_commands()
        # Without messages of other workers: an election would publish any task that one of them contains.
        super().__init__(*args, **options, without_gossip=True, without_mingle=True)

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Any], Any]:
        """Return a handler that validates each message before Celery handles it, and gives its task the shown name."""
        handle: Callable[[Any], Any] = super().create_task_handler(*args, **options)
        known = {name: task.run for name, task in self.app.tasks.items() if not name.startswith("celery.")}

        def handle_if_valid(message: Any) -> Any:
            reason = why_refused(message, known)
            if reason is None:
                message.headers["shadow"] = SHOWN_NAMES[message.headers["task"]]
                try:
                    return handle(message)
                except PARSE_ERRORS:
                    reason = "wrong headers"
            logger.warning("task_refused", reason=reason)
            # Not requeued: it would be refused each time.
            return message.reject_log_error(logger, self.connection_errors)  # type: ignore[attr-defined]

        return handle_if_valid


def drop_unreadable_messages() -> None:
    """Make kombu drop what it cannot read as a message, in place of crashing the worker."""
    read = Channel._brpop_read  # type: ignore[attr-defined]  # noqa: SLF001 - kombu has no other place
    if getattr(read, "drops_unreadable", False):
        return

    def read_or_drop(channel: Any, **options: Any) -> Any:
        try:
            return read(channel, **options)
        except PARSE_ERRORS:
            logger.warning("task_refused", reason="unreadable message")
        raise Empty

    read_or_drop.drops_unreadable = True  # type: ignore[attr-defined]
    Channel._brpop_read = read_or_drop  # type: ignore[attr-defined]  # noqa: SLF001


def why_refused(message: Any, known: Mapping[str, Run]) -> str | None:
    """Return why a message is refused; None if it may be one of our tasks.

    Args:
        message: kombu's message, not decoded.
        known: our tasks by name.

    Returns:
        The reason, which contains nothing of the message.
    """
    headers = message.headers
    if not isinstance(headers, dict) or "task" not in headers:
        return "no task"
    run = known.get(headers["task"]) if isinstance(headers["task"], str) else None
    if run is None:
        return "unknown task"
    if message.content_type != "application/json" or message.content_encoding != "utf-8":
        return "not JSON"
    if not isinstance(message.body, str | bytes) or len(message.body) > MAX_BODY_SIZE:
        return "too large"
    return _why_headers_are_refused(headers) or _why_body_is_refused(message.body, run)


def _why_headers_are_refused(headers: Mapping[str, Any]) -> str | None:
    task_id = headers.get("id")
    if not isinstance(task_id, str) or not TASK_ID.fullmatch(task_id):
        return "no task id"
    if any(headers.get(name) is not None for name in ("eta", "expires")) or headers.get("timelimit") not in NO_LIMITS:
        return "times of its own"
    return None if type(headers.get("retries", 0)) is int else "wrong headers"


def _why_body_is_refused(body: str | bytes, run: Run) -> str | None:
    try:
        parts = json.loads(body)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(parts, list) or tuple(map(type, parts)) != BODY_TYPES:
        return "no arguments"
    arguments, keywords, following = parts
    if any(following.values()):
        return "followed by other tasks"
    try:
        _argument_types(run).validate_python(tuple(arguments))
    except ValidationError:
        return "wrong arguments"
    return "wrong arguments" if keywords else None


@cache
def _argument_types(run: Run) -> TypeAdapter[Any]:
    """Return the types of a task's arguments, from its function."""
    types = tuple(parameter.annotation for parameter in inspect.signature(run).parameters.values())
    return TypeAdapter(tuple[types] if types else tuple[()], config=ConfigDict(strict=True, hide_input_in_errors=True))  # type: ignore[valid-type]
