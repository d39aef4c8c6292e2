"""Send one message or many."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from zettai.core.tracing import checked_traceparent
from zettai.gateway.api import ApiCall
from zettai.gateway.api_keys import Scope
from zettai.gateway.guard_problems import GUARDED
from zettai.gateway.idempotency import HEADER, read_key
from zettai.gateway.inputs.messages import MAX_MESSAGES, MessageInput, MessagesInput, TemplateInput
from zettai.gateway.message_sender import MessageSender, Sent
from zettai.gateway.operations.operation import WITH_BODY, Operation
from zettai.gateway.outputs.messages import Message, Results
from zettai.gateway.problems import Problem, ProblemType

MANY = frozenset({"messages", "rows", "template"})
"""The fields that only a request for many messages has."""


async def send(call: ApiCall) -> Response:
    """Record one message or many to be sent."""
    headers = call.request.headers
    key, traceparent = read_key(headers.get(HEADER)), checked_traceparent(headers.get("traceparent"))
    value = await call.read_json()
    sender = MessageSender(call.client, call.key, call.api.authenticator.keys, key, traceparent)
    if isinstance(value, dict) and not value.keys().isdisjoint(MANY):
        batch = await call.run(lambda: sender.read_many(value))
        call.note_tags([item.client_tag for item in batch.items])
        return _results(await call.run(lambda: sender.send_many(batch)))
    item = await call.run(lambda: sender.read(value))
    call.note_tags([item.client_tag])
    sent = await call.run(lambda: sender.send(item))
    location = {"Location": f"/v1/messages/{quote(sent.message.client_tag, safe='')}"}
    return JSONResponse(sent.message.to_dict(with_metadata=True), sent.status, headers=location)


def _results(answers: Sequence[Sent | Problem]) -> Response:
    """Return the response for many messages. Each result has its own status."""
    results = [_result(answer) for answer in answers]
    statuses = [result["status"] for result in results]
    created, repeated = statuses.count(201), statuses.count(200)
    counts = {"created": created, "repeated": repeated, "refused": len(results) - created - repeated}
    counts["suppressed"] = sum(isinstance(one, Sent) and one.message.is_suppressed for one in answers)
    return JSONResponse({**counts, "results": results}, 207)


def _result(answer: Sent | Problem) -> dict[str, Any]:
    if isinstance(answer, Sent):
        return {"status": answer.status, "message": answer.message.to_dict(with_metadata=True)}
    return {"status": answer.type.status, "problem": answer.to_dict()}


OPERATIONS = (
    Operation(
        "send",
        "POST",
        "/v1/messages",
        Scope.SEND,
        send,
        "Send one message or many",
        f"Records one message, or up to {MAX_MESSAGES:,} messages, to be sent. Send an Idempotency-Key, or a "
        "client_tag in each message. Then you can safely repeat a request if you did not receive its response: each "
        "message is sent only once. Many messages are checked separately, and have the lane `bulk` by default.",
        {
            201: (
                Message,
                "The message is recorded and will be sent. If its number is suppressed, it is `canceled`.",
            ),
            200: (Message, "The message already exists with the same content. Nothing new is sent."),
            207: (Results, "A result for each of many messages."),
        },
        (
            *WITH_BODY,
            ProblemType.TAG_CONFLICT,
            ProblemType.KEY_REUSED,
            *GUARDED,
            ProblemType.NO_DURABILITY,
            ProblemType.NO_SUPPRESSIONS,
            ProblemType.NOT_DURABLE,
        ),
        (MessageInput, MessagesInput, TemplateInput),
        headers={
            "Idempotency-Key": "A unique key of this request. A repeated request with the same key sends nothing new. "
            "1 to 200 printable ASCII characters without spaces, with or without quotes. Keys belong to one API key.",
            "traceparent": "The W3C trace context of the request, which is kept with the messages. An invalid one is "
            "ignored.",
        },
    ),
)
