"""Adds the task and the message to each log line of a worker.

`tasks.py` binds the task. `WorkingOn` only stores the message, which is cheap enough to do for each message. Its tag,
lane and attempt are added when a line is written.
"""

from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from structlog.typing import EventDict

from zettai.core.message import Message

_current: ContextVar[Message | None] = ContextVar("zettai_message", default=None)


class WorkingOn:
    """A context manager: inside it, log lines of this thread name the message."""

    __slots__ = ("_message", "_token")

    def __init__(self, message: Message) -> None:
        self._message = message
        self._token: Token[Message | None] | None = None

    def __enter__(self) -> Self:
        self._token = _current.set(self._message)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)


def add_message(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A structlog processor that adds the message of `WorkingOn`. It does not change fields that the line has."""
    message = _current.get()
    if message is not None and event.get("client_tag", message.client_tag) == message.client_tag:
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
