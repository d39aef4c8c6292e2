"""Messages of the broker, written by hand: as from another version, a mistake or an attacker."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from kombu.transport.virtual import Channel
from kombu.utils.encoding import bytes_to_str

from zettai.core.tasks import TaskName

JSON = "application/json"


def headers(task: object = TaskName.SEND, **more: Any) -> dict[str, Any]:
    """Return the headers of a task."""
    return {"lang": "py", "task": task, "id": str(uuid4()), **more}


def envelope(body: object, **more: Any) -> dict[str, Any]:
    """Return a message as kombu puts it into a list; a body that is not bytes is encoded as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {
        "body": b64encode(raw).decode(),
        "content-encoding": "utf-8",
        "content-type": JSON,
        "headers": headers(),
        "properties": {
            "body_encoding": "base64",
            "delivery_info": {"exchange": "normal", "routing_key": "normal"},
            "delivery_tag": str(uuid4()),
            "priority": 0,
        },
        **more,
    }


def body_of(task: Mapping[str, Any]) -> str:
    """Return the body of a task from a queue. Those that Celery publishes are in base64."""
    encoding = task["properties"].get("body_encoding")
    return bytes_to_str(Channel.codecs[encoding].decode(task["body"]) if encoding else task["body"])
