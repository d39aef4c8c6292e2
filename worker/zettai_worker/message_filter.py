"""The intake: which messages from the queues become tasks at all. What a task does with its tags is not decided here.

Celery would delete what it does not know and quote it in the log, and end a worker over a message whose body is no
task's; such a message comes back and ends the next one. So each message is looked at first, and what no producer of
ours can have written is refused: told without any of its content, and never run.
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

logger = structlog.get_logger("zettai.intake")

LARGEST = 2_000_000
"""Bytes of a message's body: more than the most tags of one task take."""

TASK_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
"""Celery's ids are UUIDs; beat's and ours are too."""

NO_LIMIT = (None, [None, None])
"""A task without time limits of its own."""

BODY = (list, dict, dict)
"""What the body of a task is made of: arguments, keywords, and what shall follow it."""

Run = Callable[..., object]

BROKEN = (TypeError, ValueError, AttributeError, LookupError)
"""What comes of reading that is not as it should be."""


class Intake(Consumer):
    """Celery's consumer, which refuses what is not ours."""

    def __init__(self, *args: Any, **options: Any) -> None:
        endure_broken_envelopes()
        super().__init__(*args, **options)

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Any], Any]:
        """Look at each message before Celery does."""
        handle: Callable[[Any], Any] = super().create_task_handler(*args, **options)
        known = {name: task.run for name, task in self.app.tasks.items() if not name.startswith("celery.")}

        def look_first(message: Any) -> Any:
            reason = why_refused(message, known)
            if reason is None:
                try:
                    return handle(message)
                except BROKEN:
                    reason = "wrong headers"
            logger.warning("task_refused", reason=reason)
            # Without a way back: it would be refused each time that it came.
            return message.reject_log_error(logger, self.connection_errors)  # type: ignore[attr-defined]

        return look_first


def endure_broken_envelopes() -> None:
    """Drop what kombu cannot even read as a message; by itself it would end the worker."""
    read = Channel._brpop_read  # type: ignore[attr-defined]  # noqa: SLF001 - kombu has no other place
    if getattr(read, "endures", False):
        return

    def read_or_drop(channel: Any, **options: Any) -> Any:
        try:
            return read(channel, **options)
        except BROKEN:
            logger.warning("task_refused", reason="no message")
        raise Empty

    read_or_drop.endures = True  # type: ignore[attr-defined]
    Channel._brpop_read = read_or_drop  # type: ignore[attr-defined]  # noqa: SLF001


def why_refused(message: Any, known: Mapping[str, Run]) -> str | None:
    """Why a message is no task of ours; None where it may be one.

    Args:
        message: as kombu has it, not decoded.
        known: the tasks that there are, by name.

    Returns:
        The reason, in words of ours alone.
    """
    headers = message.headers
    if not isinstance(headers, dict) or "task" not in headers:
        return "no task"
    run = known.get(headers["task"]) if isinstance(headers["task"], str) else None
    if run is None:
        return "unknown task"
    if message.content_type != "application/json" or message.content_encoding != "utf-8":
        return "not JSON"
    if not isinstance(message.body, str | bytes) or len(message.body) > LARGEST:
        return "too large"
    return _why_not_by_headers(headers) or _why_not_by_body(message.body, run)


def _why_not_by_headers(headers: Mapping[str, Any]) -> str | None:
    task_id = headers.get("id")
    if not isinstance(task_id, str) or not TASK_ID.fullmatch(task_id):
        return "no task id"
    if any(headers.get(name) is not None for name in ("eta", "expires")) or headers.get("timelimit") not in NO_LIMIT:
        return "a time of its own"
    return None if type(headers.get("retries", 0)) is int else "wrong headers"


def _why_not_by_body(body: str | bytes, run: Run) -> str | None:
    try:
        parts = json.loads(body)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(parts, list) or tuple(map(type, parts)) != BODY:
        return "no arguments"
    arguments, keywords, following = parts
    if any(following.values()):
        return "followed by other tasks"
    try:
        _accepted(run).validate_python(tuple(arguments))
    except ValidationError:
        return "wrong arguments"
    return "wrong arguments" if keywords else None


@cache
def _accepted(run: Run) -> TypeAdapter[Any]:
    """What a task takes, by the types of its function."""
    types = tuple(one.annotation for one in inspect.signature(run).parameters.values())
    return TypeAdapter(tuple[types] if types else tuple[()], config=ConfigDict(strict=True, hide_input_in_errors=True))  # type: ignore[valid-type]
