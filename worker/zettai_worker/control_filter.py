"""Validates each command of Celery's remote control before Celery sees it.

Whoever can publish in Redis can send such a command. Celery runs every one of them, and some stop a worker or a lane.
A message that is not a command at all ends the worker, and is quoted in the log. So a worker runs only the commands
with which `zettai top`, `zettai doctor` and Flower look at it. Everything else is dropped, and the log has none of its
content.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import structlog
from kombu.transport.redis import Channel
from pydantic import BaseModel, ConfigDict, Field

logger = structlog.get_logger("zettai.control_filter")

MAX_SIZE = 100_000
"""Bytes of a message. A command names at most some worker processes."""

COMMANDS: Mapping[str, Mapping[str, tuple[object, ...]]] = {
    "ping": {},
    "stats": {},
    "active_queues": {},
    "registered": {"taskinfoitems": ([],)},
    "scheduled": {},
    "active": {"safe": (None, False, True)},
    "reserved": {},
    "revoked": {},
    "conf": {"with_defaults": (False, True)},
    "enable_events": {},
}
"""The commands that a worker runs, with the values of their arguments. All but `enable_events` only look; without that
one, Flower shows no tasks.
"""

ReplyAddress = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class _ReplyTo(_Part):
    """Where the reply goes: into no queue but those of replies."""

    exchange: Literal["reply.celery.pidbox"]
    routing_key: ReplyAddress


class _Command(_Part):
    """The body. `pattern` would be a regular expression that the worker runs."""

    method: str
    arguments: dict[str, Any]
    destination: list[str] | None = None
    pattern: None = None
    matcher: None = None
    ticket: ReplyAddress | None = None
    reply_to: _ReplyTo | None = None


class _Known(BaseModel):
    """A part of which only the named fields are kept."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True, serialize_by_alias=True)


class _Headers(_Known):
    clock: Annotated[int, Field(ge=0, lt=2**53)] = 0


class _Delivery(_Known):
    exchange: Literal["celery.pidbox"]
    routing_key: Literal[""] = ""


class _Properties(_Known):
    body_encoding: Literal["base64"]
    delivery_info: _Delivery
    delivery_tag: ReplyAddress


class _Message(_Known):
    body: str
    content_type: Literal["application/json"] = Field(alias="content-type")
    content_encoding: Literal["utf-8"] = Field(alias="content-encoding")
    headers: _Headers
    properties: _Properties


def filter_control_commands() -> None:
    """Make kombu drop all published messages that are not allowed commands. Only workers may call it."""
    receive = Channel._handle_message  # type: ignore[attr-defined]  # noqa: SLF001 - kombu has no other place
    if getattr(receive, "filters_commands", False):
        return

    def receive_allowed(channel: Any, client: Any, response: Any) -> dict[str, Any]:
        message: dict[str, Any] = receive(channel, client, response)
        if message["type"] in {"message", "pmessage", b"message", b"pmessage"} and message["data"]:
            # kombu ignores a message without data.
            message["data"] = allowed_command(message["data"])
        return message

    receive_allowed.filters_commands = True  # type: ignore[attr-defined]
    Channel._handle_message = receive_allowed  # type: ignore[attr-defined]  # noqa: SLF001


def allowed_command(data: str | bytes) -> str | None:
    """Return a published message, written anew without what is unknown; None if it is not an allowed command."""
    try:
        if len(data) > MAX_SIZE:
            raise ValueError  # noqa: TRY301 - one place logs
        message = _Message.model_validate_json(data)
        command = _Command.model_validate_json(b64decode(message.body))
    except ValueError:
        logger.warning("control_command_refused", reason="not a command")
        return None
    if not _is_allowed(command):
        logger.warning("control_command_refused", reason="not allowed")
        return None
    message.body = b64encode(command.model_dump_json(exclude_unset=True).encode()).decode()
    return message.model_dump_json()


def _is_allowed(command: _Command) -> bool:
    known = COMMANDS.get(command.method)
    return known is not None and all(value in known.get(name, ()) for name, value in command.arguments.items())
