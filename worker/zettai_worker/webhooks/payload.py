"""The body of a request: an event with its message. It has number, text and metadata only if they are asked for."""

import json
from collections.abc import Collection
from typing import Any

from zettai.core.events import MessageEvent
from zettai.core.message import Message
from zettai_worker.webhooks.endpoints import Personal

_LEFT_OUT = ("to", "history")


def payload(event: MessageEvent, message: Message | None, text: str | None, include: Collection[Personal]) -> str:
    """Return the body: `type`, `timestamp` and `data`, as the Standard Webhooks convention recommends.

    Args:
        event: what happened.
        message: the record as it is now; None if it is gone, and for a group.
        text: of the message, if Redis still has it.
        include: what the endpoint asks for.
    """
    return json.dumps(
        {
            "type": event.type.value,
            "timestamp": event.at.isoformat(),
            "data": {
                "id": event.id,
                "client_tag": event.client_tag or None,
                "reason": event.reason or None,
                "group": event.group,
                "created_by": event.created_by,
                "message": None if message is None else _fields(message, text, include),
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _fields(message: Message, text: str | None, include: Collection[Personal]) -> dict[str, Any]:
    fields = message.to_dict(with_metadata=Personal.METADATA in include)
    fields = {name: value for name, value in fields.items() if name not in _LEFT_OUT}
    if Personal.NUMBER in include:
        fields["to"] = message.to
    if Personal.TEXT in include:
        fields["text"] = text
    return fields
