"""The JSON bodies of requests about messages, and the query parameters of lists."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from zettai.core.carriers import Carrier
from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.metadata import KEY_LENGTH, MOST_PAIRS, VALUE_LENGTH
from zettai.core.phone_numbers import MAX_WRITTEN_LENGTH
from zettai.core.states import State
from zettai.core.templates import MAX_TEMPLATE_LENGTH
from zettai.core.text import BODY_LENGTH
from zettai.gateway.api_keys import ApiKey
from zettai.gateway.inputs.types import MAX_PAGE_SIZE, AccountName, Category, Input, Tag, Time

MAX_MESSAGES = 1_000
"""Messages in one request."""

MAX_EXPIRES_IN = 30 * 24 * 3600
"""Seconds: the default retention time of a record."""

MAX_CHECKED_TEXT = 10 * BODY_LENGTH
"""Characters of a text to check. Each may be a finding in the response."""

_METADATA: JsonDict = {
    "maxProperties": MOST_PAIRS,
    "propertyNames": {"format": "metadata-key", "minLength": 1, "maxLength": KEY_LENGTH},
    "additionalProperties": {"type": "string", "format": "metadata-value", "maxLength": VALUE_LENGTH},
}


class MessageInput(Input):
    """A message to send. A field that is missing or null has its default value."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "09012345678", "body": "Your code is 123456", "lane": "urgent"}]},
    )

    to: Annotated[
        str,
        Field(
            description="A Japanese mobile number, for example 09012345678 or +819012345678. Full-width characters, "
            "blanks, parentheses and hyphens are accepted, and 81 or 0081 in place of +81.",
            json_schema_extra={"format": "japanese-mobile-number", "maxLength": MAX_WRITTEN_LENGTH},
        ),
    ]
    body: Annotated[
        str,
        Field(
            description="The text of the message. Full-width and half-width characters count as one each.",
            json_schema_extra={"minLength": 1, "maxLength": BODY_LENGTH},
        ),
    ]
    client_tag: Annotated[
        Tag | None,
        Field(
            description="The permanent identity of the message. A message with the same tag is never sent twice. "
            "Printable characters, no spaces at the ends. By default, the gateway derives it from the Idempotency-Key, "
            "or generates a UUIDv7."
        ),
    ] = None
    send_at: Annotated[
        Time | None,
        Field(
            description="When to send the message: an RFC 3339 time with an offset, in the future. It is rounded up "
            "to the full minute. By default, the message is sent immediately."
        ),
    ] = None
    expires_in: Annotated[
        Annotated[float, Field(ge=1, le=MAX_EXPIRES_IN, allow_inf_nan=False)] | None,
        Field(
            description="The number of seconds after which the message is no longer sent, counted from `send_at` or, "
            "without it, from now."
        ),
    ] = None
    lane: Annotated[
        Annotated[str, Field(json_schema_extra={"enum": list(SENDING_LANES)})] | None,
        Field(
            description="The priority: `urgent` for one-time passwords, then `normal`, then `bulk`. The default is "
            "`normal` for one message and `bulk` for each of many."
        ),
    ] = None
    group: Annotated[Tag | None, Field(description="A name to list and cancel messages together.")] = None
    carrier: Annotated[
        Annotated[str, Field(json_schema_extra={"enum": list(Carrier)})] | None,
        Field(description="The carrier of the number, if you know it."),
    ] = None
    sender: Annotated[
        Annotated[str, Field(json_schema_extra={"format": "sender-code", "pattern": "^[0-9]{5,6}$"})] | None,
        Field(description="The sender code, one of those that the gateway allows. By default, the one of the workers."),
    ] = None
    account: Annotated[
        AccountName | None,
        Field(
            description="The account that sends the message, one of those that the API key may use. By default, the "
            "one that the sender code belongs to."
        ),
    ] = None
    metadata: Annotated[
        Annotated[dict[str, str], Field(json_schema_extra=_METADATA)] | None,
        Field(
            description="Texts that you get back with the message, such as the number of an order. Printable "
            "characters. The provider does not get them."
        ),
    ] = None
    category: Annotated[
        Category | None,
        Field(
            description="What the message is about, for example `transactional`. It decides which suppressions apply: "
            "those of the scope `all` and of this name; without a category, those of any scope."
        ),
    ] = None
    durable: Annotated[
        bool | None,
        Field(
            description="Whether to respond only after Redis has the message on disk. For many messages, set it beside "
            "`messages`."
        ),
    ] = None

    def arguments(self, client_tag: str, lane: Lane, key: ApiKey, traceparent: str | None = None) -> dict[str, Any]:
        """Return the arguments of `SmsClient.new_message`.

        Args:
            client_tag: the tag, also if the caller gave none.
            lane: the default lane.
            key: the API key of the request.
            traceparent: the trace context of the request.
        """
        return {
            "to": self.to,
            "body": self.body,
            "client_tag": client_tag,
            "send_at": datetime.fromisoformat(self.send_at) if self.send_at is not None else None,
            "expires_in": timedelta(seconds=self.expires_in) if self.expires_in is not None else None,
            "lane": self.lane or lane,
            "group": self.group,
            "carrier": self.carrier,
            "sender": self.sender,
            "account": self.account,
            "metadata": self.metadata,
            "category": self.category,
            "created_by": key.name,
            "team": key.team,
            **({} if traceparent is None else {"traceparent": traceparent}),
        }


class MessagesInput(Input):
    """Many messages. Each is checked separately: an invalid message gets a problem, and the others are recorded."""

    messages: Annotated[
        list[Any],
        Field(
            min_length=1,
            max_length=MAX_MESSAGES,
            json_schema_extra={
                "items": {
                    "anyOf": [{"$ref": "#/components/schemas/MessageInput"}, {}],
                    "description": "An item that is not a valid MessageInput gets a problem as its result.",
                }
            },
        ),
    ]
    durable: Annotated[
        bool | None, Field(description="Whether to respond only after Redis has the messages on disk.")
    ] = None


class TemplateInput(Input):
    """One text with fields for many messages. Each row is checked separately, as in MessagesInput."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "template": "{{name}} 様 ご予約は {{time}} です。",
                    "rows": [{"to": "09012345678", "name": "山田", "time": "10:00"}],
                }
            ]
        },
    )

    template: Annotated[
        str,
        Field(
            description="The text. `{{name}}` stands for the value of this name in each row. `{{{{` and `}}}}` stand "
            "for `{{` and `}}`.",
            json_schema_extra={"format": "sms-template", "minLength": 1, "maxLength": MAX_TEMPLATE_LENGTH},
        ),
    ]
    rows: Annotated[
        list[Any],
        Field(
            min_length=1,
            max_length=MAX_MESSAGES,
            description="For each message an object with the fields of the template (texts or numbers), and with those "
            "of MessageInput except `body`. A row that lacks a field gets a problem as its result.",
        ),
    ]
    durable: Annotated[
        bool | None, Field(description="Whether to respond only after Redis has the messages on disk.")
    ] = None


class ReplaceInput(Input):
    """What to change about a message that is not sent yet: `send_at`, `body`, or both."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"send_at": "2030-08-01T09:00:00+09:00"}]})

    send_at: Annotated[
        Time | None,
        Field(description="The new time: an RFC 3339 time with an offset, in the future."),
    ] = None
    body: Annotated[
        Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": BODY_LENGTH})] | None,
        Field(description="The new text."),
    ] = None
    client_tag: Annotated[
        Tag | None, Field(description="The client tag of the successor. By default, the gateway generates a UUIDv7.")
    ] = None
    durable: Annotated[
        bool | None, Field(description="Whether to respond only after Redis has the change on disk.")
    ] = None


class Text(Input):
    """A text to check. It may be longer than a text that can be sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"body": "ご注文㈱ ☕"}]})

    body: Annotated[str, Field(max_length=MAX_CHECKED_TEXT)]


class ListParameters(Input):
    """The query parameters of a list of messages."""

    model_config = ConfigDict(strict=False)

    state: Annotated[State | None, Field(description="Return only messages in this state.")] = None
    group: Annotated[Tag | None, Field(description="Return only messages of this group.")] = None
    account: Annotated[AccountName | None, Field(description="Return only messages of this account.")] = None
    cursor: Annotated[
        Annotated[str, Field(max_length=2_000)] | None,
        Field(description="The `next` of the previous page. Repeat the same state, group and account."),
    ] = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, description="The maximum number of messages on the page.")] = 50
