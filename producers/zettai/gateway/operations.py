"""The table of API operations. The routes and the OpenAPI document are both built from it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel
from starlette.responses import Response

from zettai.gateway import outputs
from zettai.gateway.api import Api, ApiRequest
from zettai.gateway.api_keys import Scope
from zettai.gateway.campaign_inputs import CampaignInput
from zettai.gateway.guard_problems import GUARDED
from zettai.gateway.message_inputs import (
    MAX_MESSAGES,
    ListParameters,
    MessageInput,
    MessagesInput,
    ReplaceInput,
    TemplateInput,
    Text,
)
from zettai.gateway.number_inputs import EraseInput, FindInput, SuppressedNumber, SuppressionInput, SuppressionRemoval
from zettai.gateway.problems import ProblemType

Handler = Callable[[Api, ApiRequest], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API.

    Attributes:
        method: the HTTP method.
        path: the path. `{name}` is a tag or a group, which may contain slashes.
        scope: the scope that the API key must have.
        handler: the method that runs it.
        summary: a few words.
        description: some sentences.
        answers: the responses by status: the model of the body, or its content type, and a description.
        problems: the problems it may respond with, in addition to those of every operation.
        body: the possible models of the JSON body.
        parameters: the model of the query parameters.
        named: the name and description of the path parameter.
        headers: the names and descriptions of the request headers.
    """

    method: str
    path: str
    scope: Scope
    handler: Handler
    summary: str
    description: str
    answers: Mapping[int, tuple[type[BaseModel] | str, str]]
    problems: Sequence[ProblemType] = ()
    body: Sequence[type[BaseModel]] = ()
    parameters: type[BaseModel] | None = None
    named: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


ALWAYS = (
    ProblemType.NO_KEY,
    ProblemType.SCOPE_MISSING,
    ProblemType.ADDRESS_NOT_ALLOWED,
    ProblemType.RATE_LIMITED,
    ProblemType.INTERNAL,
    ProblemType.UNAVAILABLE,
)
"""The problems of every operation."""

WITH_BODY = (
    ProblemType.MALFORMED_REQUEST,
    ProblemType.BODY_TOO_SLOW,
    ProblemType.BODY_TOO_LARGE,
    ProblemType.MEDIA_TYPE,
    ProblemType.INVALID,
)
"""The problems of operations with a body."""

TAG = ("client_tag", "The client tag of the message, percent-encoded.")

GROUP = ("group", "The group, percent-encoded.")

REPEAT = "Repeat the request to get the outcome."

PENDING = "A cancellation is pending until the provider's answer is known. " + REPEAT

OPERATIONS = (
    Operation(
        "POST",
        "/v1/messages",
        Scope.SEND,
        Api.send,
        "Send one message or many",
        f"Records one message, or up to {MAX_MESSAGES:,} messages, to be sent. Send an Idempotency-Key, or a "
        "client_tag in each message. Then you can safely repeat a request if you did not receive its response: each "
        "message is sent only once. Many messages are checked separately, and have the lane `bulk` by default.",
        {
            201: (
                outputs.Message,
                "The message is recorded and will be sent. If its number is suppressed, it is `canceled`.",
            ),
            200: (outputs.Message, "The message already exists with the same content. Nothing new is sent."),
            207: (outputs.Results, "A result for each of many messages."),
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
    Operation(
        "GET",
        "/v1/messages",
        Scope.READ,
        Api.list,
        "List messages",
        "Returns messages by state or group, newest first. A message that changes its state meanwhile may appear twice "
        "or not at all.",
        {200: (outputs.Page, "A page of the listing.")},
        (ProblemType.INVALID,),
        parameters=ListParameters,
    ),
    Operation(
        "GET",
        "/v1/messages/{name}",
        Scope.READ,
        Api.get,
        "Get a message",
        "Returns the message with its history.",
        {200: (outputs.Message, "The message.")},
        (ProblemType.NOT_FOUND,),
        named=TAG,
    ),
    Operation(
        "DELETE",
        "/v1/messages/{name}",
        Scope.CANCEL,
        Api.cancel,
        "Cancel a message",
        "Cancels a message that is not sent yet. The record of the message stays.",
        {
            200: (outputs.Cancel, "The message is canceled and will not be sent."),
            202: (
                outputs.Cancel,
                PENDING,
            ),
        },
        (ProblemType.NOT_FOUND, ProblemType.TOO_LATE, ProblemType.NO_DURABILITY, ProblemType.NOT_DURABLE),
        named=TAG,
    ),
    Operation(
        "PATCH",
        "/v1/messages/{name}",
        Scope.SEND,
        Api.replace,
        "Replace a message",
        "Replaces a message that is not sent yet by a successor with another time or text. Exactly one of the two is "
        "sent. The successor inherits all else and has a client tag of its own. The API key needs the scopes `send` "
        "and `cancel`. While a replacement is pending, the newest request wins.",
        {
            200: (outputs.Replacement, "The message will not be sent. Its successor is recorded."),
            202: (outputs.Replacement, "The successor is recorded when the cancellation is confirmed. " + REPEAT),
        },
        (
            *WITH_BODY,
            ProblemType.NOT_FOUND,
            ProblemType.TOO_LATE,
            ProblemType.TAG_CONFLICT,
            ProblemType.REPLACEMENT_PENDING,
            *GUARDED,
            ProblemType.NO_ENCRYPTION_KEY,
            ProblemType.NO_DURABILITY,
            ProblemType.NOT_DURABLE,
        ),
        (ReplaceInput,),
        named=TAG,
    ),
    Operation(
        "DELETE",
        "/v1/groups/{name}",
        Scope.CANCEL,
        Api.cancel_group,
        "Cancel the messages of a group",
        "Cancels all messages of a group that are not sent yet, and those that are reserved at the provider. A group "
        "without messages is not an error.",
        {
            200: (outputs.GroupCancel, "Every message has a final outcome."),
            202: (
                outputs.GroupCancel,
                PENDING,
            ),
        },
        (ProblemType.NOT_FOUND, ProblemType.NO_DURABILITY, ProblemType.NOT_DURABLE),
        named=GROUP,
    ),
    Operation(
        "GET",
        "/v1/campaigns",
        Scope.READ,
        Api.list_campaigns,
        "List campaigns",
        "Returns the groups that have messages without a final state, and those that are controlled, by name.",
        {200: (outputs.Campaigns, "The campaigns.")},
    ),
    Operation(
        "GET",
        "/v1/campaigns/{name}",
        Scope.READ,
        Api.get_campaign,
        "Get a campaign",
        "Returns how far the messages of a group are, what waits and why, and when the last one is expected to be "
        "sent. A group without messages has zeros.",
        {200: (outputs.Campaign, "The campaign.")},
        (ProblemType.NOT_FOUND,),
        named=GROUP,
    ),
    Operation(
        "PATCH",
        "/v1/campaigns/{name}",
        Scope.CANCEL,
        Api.control_campaign,
        "Pause, resume or pace a campaign",
        "Changes how the messages of a group are sent, in the lanes `normal` and `bulk`. After a pause, no worker "
        "begins to send one of them; messages in flight may still be sent. The response says how many will expire.",
        {200: (outputs.Campaign, "The campaign after the change.")},
        (*WITH_BODY, ProblemType.NOT_FOUND, ProblemType.URGENT_CAMPAIGN),
        (CampaignInput,),
        named=GROUP,
    ),
    Operation(
        "POST",
        "/v1/suppressions",
        Scope.SUPPRESS,
        Api.suppress,
        "Suppress a number",
        "Adds a number to the suppression list. Messages to it that wait are canceled with the reason `suppressed`, "
        "and so are reservations at the provider. It is safe to repeat the request. The number is in the body, because "
        "URLs land in logs.",
        {
            201: (outputs.Suppression, "The number is suppressed now."),
            200: (outputs.Suppression, "The number was suppressed in this scope before."),
        },
        (*WITH_BODY, ProblemType.NO_SUPPRESSIONS),
        (SuppressionInput,),
    ),
    Operation(
        "POST",
        "/v1/suppressions/remove",
        Scope.SUPPRESS,
        Api.unsuppress,
        "Remove a suppression",
        "Allows messages to a number again, in one scope or in all. What was canceled stays canceled. A number that is "
        "not suppressed is not an error.",
        {200: (outputs.Suppression, "The scopes that are left.")},
        (*WITH_BODY, ProblemType.NO_SUPPRESSIONS),
        (SuppressionRemoval,),
    ),
    Operation(
        "POST",
        "/v1/suppressions/get",
        Scope.SUPPRESS,
        Api.get_suppression,
        "Get a suppression",
        "Returns the scopes in which a number is suppressed. Nothing is changed. The number is in the body, because "
        "URLs land in logs.",
        {200: (outputs.Suppression, "The scopes; an empty list if the number is not suppressed.")},
        (*WITH_BODY, ProblemType.NO_SUPPRESSIONS),
        (SuppressedNumber,),
    ),
    Operation(
        "POST",
        "/v1/numbers/messages",
        Scope.FIND,
        Api.find,
        "Find the messages to a number",
        "Returns the newest messages to a phone number that were recorded with the key of the index. The number is in "
        "the body, because URLs land in logs.",
        {200: (outputs.Found, "The messages; an empty list if there are none.")},
        (*WITH_BODY, ProblemType.NO_INDEX),
        (FindInput,),
    ),
    Operation(
        "POST",
        "/v1/numbers/erase",
        Scope.ADMIN,
        Api.erase,
        "Erase a person",
        "Erases the number, the texts and the metadata of all messages to a phone number, whoever made them. Tags and "
        "states stay, so that nothing is sent twice. Messages that are not sent yet are canceled first. A message "
        "without a final state is erased when it reaches one. It is safe to repeat the request. The number is in the "
        "body, because URLs land in logs.",
        {
            200: (outputs.Erasure, "All messages to the number are erased."),
            202: (outputs.Erasure, "Some messages are erased when they reach a final state. " + REPEAT),
        },
        (
            *WITH_BODY,
            ProblemType.NO_INDEX,
            ProblemType.NO_ENCRYPTION_KEY,
            ProblemType.NO_DURABILITY,
            ProblemType.NOT_DURABLE,
        ),
        (EraseInput,),
    ),
    Operation(
        "POST",
        "/v1/text-check",
        Scope.SEND,
        Api.check_text,
        "Check a text",
        "Returns the length of a text, its parts, and characters that carriers may not display. Nothing is sent or "
        "stored.",
        {200: (outputs.TextCheck, "The result. `problem` is set if the text cannot be sent.")},
        WITH_BODY,
        (Text,),
    ),
    Operation(
        "GET",
        "/metrics",
        Scope.METRICS,
        Api.metrics,
        "Get metrics",
        "Returns the Prometheus metrics of this process. No label has a client tag, a phone number or a text.",
        {200: ("text/plain", "The metrics in the Prometheus text format.")},
    ),
)
