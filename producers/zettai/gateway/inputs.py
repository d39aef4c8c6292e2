"""What clients may ask for, as JSON and as parameters. Whether a message may be sent is checked by `producers`."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from zettai.core.carriers import Carrier
from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.phone_numbers import PHONE_NUMBER
from zettai.core.states import State
from zettai.core.text import BODY_LENGTH
from zettai.core.validation import TAG_LENGTH
from zettai.gateway.problems import Kind, Problem

MOST_MESSAGES = 1_000
"""Messages in one request."""

LONGEST_EXPIRY = 30 * 24 * 3600
"""Seconds: as long as a record is kept by default."""

LONGEST_TEXT = 10 * BODY_LENGTH
"""Characters of a text that is looked at: each may be a finding."""

MOST_LISTED = 500
"""Messages on one page."""

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

MOST_NAMED = 20
"""Of what is wrong with a request."""

Model = TypeVar("Model", bound=BaseModel)

STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def _moment(text: str) -> str:
    try:
        whole = RFC_3339.fullmatch(text) and datetime.fromisoformat(text.upper())
    except ValueError:
        whole = None
    if not whole:
        raise ValueError("is no time of RFC 3339 with an offset; write it as 2026-08-01T09:00:00+09:00")
    return text.upper()


Tag = Annotated[str, Field(json_schema_extra={"format": "client-tag", "minLength": 1, "maxLength": TAG_LENGTH})]
"""Checked by `producers`: printable characters, without blanks around them."""


class MessageInput(BaseModel):
    """A message to be sent once. What is left out, or null, has the gateway's default."""

    model_config = ConfigDict(
        **STRICT,
        json_schema_extra={"examples": [{"to": "09012345678", "body": "Your code is 123456", "lane": "urgent"}]},
    )

    to: Annotated[
        str,
        Field(
            description="A Japanese mobile number, as 09012345678 or +819012345678.",
            json_schema_extra={"pattern": f"^{PHONE_NUMBER.pattern}$"},
        ),
    ]
    body: Annotated[
        str,
        Field(
            description="The text; wide and narrow characters count alike.",
            json_schema_extra={"minLength": 1, "maxLength": BODY_LENGTH},
        ),
    ]
    client_tag: Annotated[
        Tag | None,
        Field(
            description="The message's identity for ever: the same tag never sends twice. Printable characters, no "
            "blanks around them. Without it, it is made from the Idempotency-Key, or else of a UUIDv7."
        ),
    ] = None
    send_at: Annotated[
        Annotated[str, AfterValidator(_moment), Field(json_schema_extra={"format": "date-time"})] | None,
        Field(description="When to send it: RFC 3339 with an offset, in the future; rounded up to the full minute."),
    ] = None
    expires_in: Annotated[
        Annotated[float, Field(ge=1, le=LONGEST_EXPIRY, allow_inf_nan=False)] | None,
        Field(description="Seconds after which it is not sent any more, counted from `send_at` where given."),
    ] = None
    lane: Annotated[
        Annotated[str, Field(json_schema_extra={"enum": list(SENDING_LANES)})] | None,
        Field(description="`urgent` for one-time passwords; else `normal`, or `bulk` for each of many."),
    ] = None
    group: Annotated[Tag | None, Field(description="For finding and cancelling messages together.")] = None
    carrier: Annotated[
        Annotated[str, Field(json_schema_extra={"enum": list(Carrier)})] | None,
        Field(description="Where it is known."),
    ] = None
    durable: Annotated[
        bool | None, Field(description="Answer only when Redis has it on disk. For one message, not for each of many.")
    ] = None

    def keywords(self, lane: Lane) -> dict[str, Any]:
        """Those of `SmsClient.send`, but `durable`.

        Args:
            lane: where the message names none.
        """
        return {
            "to": self.to,
            "body": self.body,
            "client_tag": self.client_tag,
            "send_at": datetime.fromisoformat(self.send_at) if self.send_at is not None else None,
            "expires_in": timedelta(seconds=self.expires_in) if self.expires_in is not None else None,
            "lane": self.lane or lane,
            "group": self.group,
            "carrier": self.carrier,
        }


class MessagesInput(BaseModel):
    """Many messages. Each is seen to by itself: a wrong one is refused at its place, and the others are recorded."""

    model_config = STRICT

    messages: Annotated[
        list[Any],
        Field(
            min_length=1,
            max_length=MOST_MESSAGES,
            json_schema_extra={
                "items": {
                    "anyOf": [{"$ref": "#/components/schemas/MessageInput"}, {}],
                    "description": "Anything but a MessageInput is answered with a problem at its place.",
                }
            },
        ),
    ]
    durable: Annotated[bool | None, Field(description="Answer only when Redis has them on disk.")] = None


class Text(BaseModel):
    """A text to be looked at; it may be longer than one that can be sent."""

    model_config = ConfigDict(**STRICT, json_schema_extra={"examples": [{"body": "ご注文㈱ ☕"}]})

    body: Annotated[str, Field(max_length=LONGEST_TEXT)]


class Listing(BaseModel):
    """The parameters of a listing."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    state: Annotated[State | None, Field(description="Only those in this state.")] = None
    group: Annotated[Tag | None, Field(description="Only those of this group.")] = None
    cursor: Annotated[
        Annotated[str, Field(max_length=2_000)] | None,
        Field(description="The `next` of the page before; with the same state and group."),
    ] = None
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED, description="At most so many on a page.")] = 50


def read_json(body: bytes) -> object:
    """Read a body.

    Raises:
        Problem: it is no JSON.
    """
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError:
        pass  # its text may quote the body
    raise Problem(Kind.MALFORMED_REQUEST, "the body is no JSON in UTF-8")


def check(model: type[Model], value: object, where: str = "#") -> Model:
    """Check a value against a model.

    Args:
        model: what it shall be.
        value: as JSON has it.
        where: a pointer to it, for errors; `?` for parameters.

    Raises:
        Problem: it is something else; all that is wrong is named, and nothing quoted.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        wrong = [
            {
                "pointer": _pointer(where, one["loc"]),
                "detail": one["msg"].removeprefix("Value error, "),
            }
            for one in error.errors(include_input=False, include_url=False, include_context=False)[:MOST_NAMED]
        ]
    raise Problem(Kind.INVALID, f"{wrong[0]['pointer']}: {wrong[0]['detail']}", errors=wrong)


def _pointer(where: str, place: Sequence[int | str]) -> str:
    """A pointer to a place in a body (RFC 6901), or a parameter's name."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in place]
    return f"?{parts[0]}" if where == "?" else "/".join([where, *parts])
