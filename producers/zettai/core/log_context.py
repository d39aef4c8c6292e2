"""What each log line of a task tells beside its event: the task, and the message that is being worked on.

The task is bound by `tasks.py`. The message is only remembered here, which costs next to nothing for each of a million;
its tag, lane and attempt are put into a line when one is written.
"""

from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from structlog.typing import EventDict

from zettai.core.message import Message

_present: ContextVar[Message | None] = ContextVar("zettai_message", default=None)


class WorkingOn:
    """While entered, log lines of this thread tell which message they are about."""

    __slots__ = ("_message", "_token")

    def __init__(self, message: Message) -> None:
        self._message = message
        self._token: Token[Message | None] | None = None

    def __enter__(self) -> Self:
        self._token = _present.set(self._message)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _present.reset(self._token)


def tell_message(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A structlog processor that adds the message being worked on; what the line says of itself stands."""
    message = _present.get()
    if message is not None and event.get("client_tag", message.client_tag) == message.client_tag:
        event.setdefault("client_tag", message.client_tag)
        event.setdefault("lane", message.lane)
        event.setdefault("attempt", message.attempts)
    return event


def tell_task(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A structlog processor that adds the task to Celery's own lines about one, which it writes outside of it."""
    data = getattr(event.get("_record"), "data", None)
    if isinstance(data, dict) and isinstance(data.get("id"), str) and isinstance(data.get("name"), str):
        event.setdefault("task", data["name"])
        event.setdefault("task_id", data["id"])
    return event
