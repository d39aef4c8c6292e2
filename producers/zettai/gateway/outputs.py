"""What clients get, as the OpenAPI document describes it. The values come from `Message.to_dict` and its like."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from zettai.core.carriers import Carrier
from zettai.core.lanes import Lane
from zettai.core.message import CancelOutcome
from zettai.core.states import State

SHUT = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Event(BaseModel):
    """One line of a message's history."""

    model_config = SHUT

    at: datetime
    state: State
    reason: str


class Message(BaseModel):
    """A message and where it stands. Times are Japan time; the text is never shown."""

    model_config = SHUT

    client_tag: str
    """Its identity, here and at the provider."""
    to: str
    """The recipient, masked."""
    lane: Lane
    state: State
    since: datetime
    """When it came into that state."""
    reason: str
    """Why, in a word or in the provider's words."""
    created_at: datetime
    expires_at: datetime
    """After this it is not sent any more."""
    send_at: datetime | None
    sent_at: datetime | None
    """When the provider took it for sending, or will send what it reserved."""
    group: str | None
    carrier: Carrier | None
    attempts: int
    """How often the provider was asked to take it."""
    cancel_requested: bool
    """A cancel waits until the provider's answer is known."""
    overdue: bool
    """The carrier's answer is late (it may still come)."""
    parts: int | None
    """Billed parts, once delivered."""
    detail: str | None
    """The carrier's five digits for a failure."""
    requeued_as: str | None
    requeued_from: str | None
    contradicted: bool
    """It counts as never sent, but the provider was seen to have it."""
    history: list[Event]
    """Every state so far, oldest first; the middle of a very long one is left out."""


class Wrong(BaseModel):
    """One thing that is wrong with a request."""

    model_config = SHUT

    pointer: str
    """To the place in the body (RFC 6901), or the parameter's name behind `?`."""
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457). Tell problems apart by `type`; texts may change."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    type: str
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    """The name of this very case, which is in the gateway's log and in the header `X-Request-Id`."""
    client_tag: str | None = None
    """The message's; where it may be recorded, repeat with this tag."""
    outcome: CancelOutcome | None = None
    """Of a cancel."""
    errors: list[Wrong] | None = None
    """All that is wrong with a request."""


class Result(BaseModel):
    """What became of one of many messages: either a message or a problem."""

    model_config = SHUT

    status: int
    """201 recorded, 200 was there already, or that of the problem."""
    message: Message | None = None
    problem: Problem | None = None


class Results(BaseModel):
    """What became of many messages."""

    model_config = SHUT

    created: int
    repeated: int
    refused: int
    results: list[Result]
    """In the order of the request."""


class Finding(BaseModel):
    """A place in a text that may not arrive as it was written."""

    model_config = SHUT

    position: int
    """Of its first character, from 0."""
    code_points: list[str]
    """What stands there, as `U+3042`."""
    name: str
    """The first character's name in Unicode."""
    why: str
    suggestion: str | None
    """What to write in its place; null where there is nothing, empty to leave it out."""


class TextCheck(BaseModel):
    """What is to be known of a text before it is sent."""

    model_config = SHUT

    length: int
    """Characters as the provider counts them."""
    estimated_parts: int
    """That will be billed if it is delivered; the provider tells the parts only then."""
    problem: str | None
    """Why it cannot be sent; null where it can."""
    findings: list[Finding]


class Page(BaseModel):
    """A part of a listing."""

    model_config = SHUT

    messages: list[Message]
    next: str | None
    """The cursor of the next page; null where there is none. A page may be short, even empty, and not be the last."""


class Cancel(BaseModel):
    """What became of a wish to cancel a message."""

    model_config = SHUT

    client_tag: str
    outcome: CancelOutcome


class GroupCancel(BaseModel):
    """What became of a wish to cancel a group: how many have which outcome so far."""

    model_config = SHUT

    group: str
    canceled: Annotated[int, Field(ge=0)]
    pending: Annotated[int, Field(ge=0)]
    too_late: Annotated[int, Field(ge=0)]
