"""The webhooks of `zettai webhooks`, for the OpenAPI document. A test compares them with a real request."""

from datetime import datetime
from typing import Any

from zettai.core.events import EventType
from zettai.gateway.openapi.examples import MESSAGE, TAG
from zettai.gateway.outputs.base import Output

HEADERS = {
    "webhook-id": "The id of the event. An event that is sent again has the same id.",
    "webhook-timestamp": "When it was sent, in seconds since 1970. Refuse a time that is more than 5 minutes away.",
    "webhook-signature": "The signatures by the convention of Standard Webhooks: of the id, the time and the body.",
}


class WebhookData(Output):
    """What happened."""

    id: str
    """The id of the event, the same as `webhook-id`."""
    client_tag: str | None
    """The message; null for `group_finished`."""
    reason: str | None
    """Why the message entered the state."""
    group: str | None
    """The group of the message, or the finished group."""
    created_by: str | None
    """Who made the message, or the message that finished the group."""
    message: dict[str, Any] | None
    """The record of the message when the request was sent, with the fields of `Message` except `history`. It has `to`,
    `text` and `metadata` only if the endpoint asks for them. Null for `group_finished`, or if the record was purged."""


class WebhookEvent(Output):
    """The body of a webhook."""

    type: EventType
    """What happened."""
    timestamp: datetime
    """When it happened."""
    data: WebhookData


EXAMPLE: dict[str, Any] = {
    "type": "delivered",
    "timestamp": MESSAGE["since"],
    "data": {
        "id": "1764550804120-0",
        "client_tag": TAG,
        "reason": MESSAGE["reason"],
        "group": MESSAGE["group"],
        "created_by": MESSAGE["created_by"],
        "message": {name: value for name, value in MESSAGE.items() if name not in {"to", "metadata", "history"}},
    },
}


def build_webhooks(tag: str) -> dict[str, Any]:
    """Return the part `webhooks` of the document, under the heading of this name."""
    content = {"schema": {"$ref": f"#/components/schemas/{WebhookEvent.__name__}"}, "example": EXAMPLE}
    return {
        "message-event": {
            "post": {
                "operationId": "messageEvent",
                "tags": [tag],
                "summary": "An event of a message",
                "description": "`zettai webhooks` sends it to each endpoint of `ZETTAI_WEBHOOKS_FILE`, at least once. "
                "Verify the signature, handle each id once, and respond within 10 seconds.",
                "security": [],
                "parameters": [
                    {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
                    for name, text in HEADERS.items()
                ],
                "requestBody": {"required": True, "content": {"application/json": content}},
                "responses": {
                    "200": {"description": "The event is handled. Any status from 200 to 299 means the same."},
                    "410": {"description": "The endpoint is gone. It is paused, and tried once an hour."},
                    "429": {"description": "Too many events. The endpoint is paused for the time of `Retry-After`."},
                },
            }
        }
    }
