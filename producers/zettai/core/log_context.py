"""Adds the task and the message to each log line of a worker.

`WorkingOn` only stores the message and the name of the task, which is cheap enough to do for each message. The other
fields are added when a line is written.
"""

from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from structlog.typing import EventDict

from zettai.core.message import Message

_current: ContextVar[tuple[Message, str] | None] = ContextVar("zettai_message", default=None)


class WorkingOn:
    """A context manager: inside it, log lines of this thread name the message and the task."""

    __slots__ = ("_token", "_working_on")

    def __init__(self, message: Message, task: str) -> None:
        self._working_on = message, task
        self._token: Token[tuple[Message, str] | None] | None = None

    def __enter__(self) -> Self:
        self._token = _current.set(self._working_on)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)


def add_message(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A structlog processor that adds the message of `WorkingOn`. It does not change fields that the line has."""
    working_on = _current.get()
    if working_on is None:
        return event
    message, task = working_on
    event.setdefault("task", task)
    if event.get("client_tag", message.client_tag) == message.client_tag:
        event.setdefault("client_tag", message.client_tag)
        event.setdefault("lane", message.lane)
        event.setdefault("attempt", message.attempts)
    return event


def add_task(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A structlog processor that adds the task to log lines of Celery that are about a task."""
    data = getattr(event.get("_record"), "data", None)
    if isinstance(data, dict) and isinstance(data.get("id"), str) and isinstance(data.get("name"), str):
        event.setdefault("task", data["name"])
        event.setdefault("task_id", data["id"])
    return event
