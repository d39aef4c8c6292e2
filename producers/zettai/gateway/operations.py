"""Everything that clients may ask for, once: the routes and the OpenAPI document are both made of this table."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel
from starlette.responses import Response

from zettai.gateway import outputs
from zettai.gateway.inputs import MOST_MESSAGES, Listing, MessageInput, MessagesInput, Text
from zettai.gateway.keys import Scope
from zettai.gateway.problems import Kind
from zettai.gateway.resources import Call, Resources

Handler = Callable[[Resources, Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be done.

    Attributes:
        method: of HTTP.
        path: with `{name}` for a tag or a group, which may hold slashes.
        scope: that the API key must have.
        handler: that does it.
        summary: in a few words.
        description: what is to be known about it.
        answers: by status, what is in the body and in words what it means; a text, where there is no model.
        problems: that it may answer with, beside those of every operation.
        body: one of these, as JSON.
        parameters: of the query.
        named: what the path names: its name and a description.
    """

    method: str
    path: str
    scope: Scope
    handler: Handler
    summary: str
    description: str
    answers: Mapping[int, tuple[type[BaseModel] | str, str]]
    problems: Sequence[Kind] = ()
    body: Sequence[type[BaseModel]] = ()
    parameters: type[BaseModel] | None = None
    named: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


ALWAYS = (Kind.NO_KEY, Kind.SCOPE_MISSING, Kind.RATE_LIMITED, Kind.INTERNAL, Kind.UNAVAILABLE)
"""Problems of every operation."""

WITH_BODY = (Kind.MALFORMED_REQUEST, Kind.BODY_TOO_SLOW, Kind.BODY_TOO_LARGE, Kind.MEDIA_TYPE, Kind.INVALID)
"""Problems of those that read a body."""

TAG = ("client_tag", "The message's client tag, percent-encoded.")

GROUP = ("group", "The group, percent-encoded.")

OPERATIONS = (
    Operation(
        "POST",
        "/v1/messages",
        Scope.SEND,
        Resources.send,
        "Send one message or many",
        "Records a message to be sent once, or up to "
        f"{MOST_MESSAGES:,} of them. Give an Idempotency-Key, or each message a client_tag: then a request whose "
        "answer was lost can be repeated as it was, and sends once. Of many, each is seen to by itself; what has no "
        "lane is sent in `bulk`.",
        {
            201: (outputs.Message, "The message is recorded, and will be sent."),
            200: (outputs.Message, "It was recorded before, with this content; nothing new is sent."),
            207: (outputs.Results, "What became of each of many messages."),
        },
        (*WITH_BODY, Kind.TAG_CONFLICT, Kind.KEY_REUSED, Kind.NO_DURABILITY, Kind.NOT_DURABLE),
        (MessageInput, MessagesInput),
        headers={
            "Idempotency-Key": "Makes a repeat of this request send nothing new: 1 to 200 printable ASCII characters "
            "without blanks, in quotes or not. It stands for a message at its place in the request, for each API key."
        },
    ),
    Operation(
        "GET",
        "/v1/messages",
        Scope.READ,
        Resources.list,
        "List messages",
        "Newest first within a state or a group. Messages that move on meanwhile may be met twice, or not at all.",
        {200: (outputs.Page, "A page of the listing.")},
        (Kind.INVALID,),
        parameters=Listing,
    ),
    Operation(
        "GET",
        "/v1/messages/{name}",
        Scope.READ,
        Resources.get,
        "Tell of a message",
        "With its whole history.",
        {200: (outputs.Message, "The message.")},
        (Kind.NOT_FOUND,),
        named=TAG,
    ),
    Operation(
        "DELETE",
        "/v1/messages/{name}",
        Scope.CANCEL,
        Resources.cancel,
        "Cancel a message",
        "What is not sent yet is canceled at once. The record stays.",
        {
            200: (outputs.Cancel, "It will not be sent."),
            202: (
                outputs.Cancel,
                "The wish is recorded, and carried out once the provider's answer is known. Ask again.",
            ),
        },
        (Kind.NOT_FOUND, Kind.TOO_LATE),
        named=TAG,
    ),
    Operation(
        "DELETE",
        "/v1/groups/{name}",
        Scope.CANCEL,
        Resources.cancel_group,
        "Cancel the messages of a group",
        "What is not sent yet is canceled at once; reservations by one call to the provider. A group without messages "
        "is no error.",
        {
            200: (outputs.GroupCancel, "All are settled."),
            202: (outputs.GroupCancel, "Some are pending: carried out once the provider's answer is known. Ask again."),
        },
        (Kind.NOT_FOUND,),
        named=GROUP,
    ),
    Operation(
        "POST",
        "/v1/text-check",
        Scope.SEND,
        Resources.check_text,
        "Look at a text before it is sent",
        "Its length, its parts, and characters that carriers may not show. Nothing is sent, and nothing kept.",
        {200: (outputs.TextCheck, "What is to be known of it; `problem` where it cannot be sent.")},
        WITH_BODY,
        (Text,),
    ),
    Operation(
        "GET",
        "/metrics",
        Scope.METRICS,
        Resources.metrics,
        "Tell what was counted",
        "By this process, for Prometheus. No label holds a tag, a number or a text.",
        {200: ("text/plain", "In the format of Prometheus.")},
    ),
)
