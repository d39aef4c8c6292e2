"""Messages as they lie in a queue, written by hand: by another version, by mistake, or by somebody who means harm."""

import json
from base64 import b64encode
from typing import Any
from uuid import uuid4

from zettai.core.tasks import TaskName

JSON = "application/json"


def headers(task: object = TaskName.SEND, **more: Any) -> dict[str, Any]:
    """The headers of a task."""
    return {"lang": "py", "task": task, "id": str(uuid4()), **more}


def envelope(body: object, **more: Any) -> dict[str, Any]:
    """A message as kombu puts it into a list: text as it stands, everything else as JSON."""
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
