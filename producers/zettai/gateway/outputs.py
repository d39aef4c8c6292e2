"""The bodies of responses, for the OpenAPI document. The values come from `Message.to_dict` and similar methods."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from zettai.core.carriers import Carrier
from zettai.core.lanes import Lane
from zettai.core.message import CancelOutcome
from zettai.core.replacement import ReplaceOutcome
from zettai.core.states import State

OUTPUT = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Event(BaseModel):
    """One entry in the history of a message."""

    model_config = OUTPUT

    at: datetime
    state: State
    reason: str


class Message(BaseModel):
    """A message and its state. Times are in Japan time. The text is never returned."""

    model_config = OUTPUT

    client_tag: str
    """The identity of the message, here and at the provider."""
    to: str
    """The phone number, masked. Empty if it was erased, or is sealed with a key that the gateway does not have."""
    lane: Lane
    state: State
    since: datetime
    """When the message entered its state."""
    reason: str
    """Why it is in this state: a keyword, or the provider's text."""
    created_at: datetime
    expires_at: datetime
    """After this time the message is no longer sent."""
    send_at: datetime | None
    sent_at: datetime | None
    """When the provider accepted the message, or when it will send a reserved message."""
    group: str | None
    carrier: Carrier | None
    carrier_found: Carrier | None
    """The carrier that the provider named with the final status."""
    sender: str | None
    """The sender code that the request gave."""
    account: str | None
    """The account that sends the message; null for the default account."""
    metadata: dict[str, str] | None = None
    """The metadata that the request gave. Left out of lists, because it may be personal data."""
    category: str | None
    """What the message is about. It decides which suppressions apply."""
    created_by: str | None
    """The name of the API key that made it."""
    attempts: int
    """The number of requests to the provider to send the message."""
    cancel_requested: bool
    """A cancellation waits for the provider's answer."""
    overdue: bool
    """The final status is late. It may still arrive."""
    parts: int | None
    """The number of billed parts, if the provider has named it with the final status."""
    detail: str | None
    """The carrier's five-digit code of a failure."""
    requeued_as: str | None
    """The client tag of the message that replaced this one."""
    requeued_from: str | None
    """The client tag of the message that this one replaced."""
    replaced_by: str | None
    """The client tag of the message that `PATCH` made in place of this one."""
    replaces: str | None
    """The client tag of the message in whose place `PATCH` made this one."""
    erased: bool
    """The number, the text and the metadata were erased on request."""
    sealed: bool
    """The number and the metadata are sealed with a key that the gateway does not have."""
    contradicted: bool
    """By our records the message was never sent, but the provider has it."""
    history: list[Event]
    """All states so far, oldest first. The middle of a very long history is left out."""


class FieldError(BaseModel):
    """One invalid value in a request."""

    model_config = OUTPUT

    pointer: str
    """A JSON pointer (RFC 6901) to the value in the body, or `?` and the name of a query parameter."""
    detail: str
    code: str
    """The reason. It never changes."""
    message_ja: str
    """A sentence in Japanese, to show in a form."""


class Problem(BaseModel):
    """An error (RFC 9457). Use `type` to tell errors apart. The texts may change."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    type: str
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    """The id of this error. The log of the gateway and the header `X-Request-Id` have it too."""
    client_tag: str | None = None
    """The client tag of the message. If the message may be recorded, repeat the request with this tag."""
    client_tags: list[str] | None = None
    """The client tags of many messages that may be recorded, in their order. Repeat the request with these tags."""
    outcome: CancelOutcome | ReplaceOutcome | None = None
    """The outcome of a cancellation or a replacement."""
    replaced_by: str | None = None
    """The client tag of the message that an earlier request made in place of this one."""
    retry_after: int | None = None
    """The seconds after which a guard may accept the message. The header `Retry-After` has them too."""
    message_ja: str | None = None
    """Why a guard refuses the message, in Japanese, to show to a user."""
    errors: list[FieldError] | None = None
    """The invalid values of the request."""


class Result(BaseModel):
    """The result of one of many messages: either a message or a problem."""

    model_config = OUTPUT

    status: int
    """201 if the message was recorded, 200 if it existed already, otherwise the status of the problem."""
    message: Message | None = None
    problem: Problem | None = None


class Results(BaseModel):
    """The results of many messages."""

    model_config = OUTPUT

    created: int
    """The number of messages that were recorded."""
    suppressed: int
    """The number of messages that were recorded and are canceled, because their number is suppressed. They are among
    the others too."""
    repeated: int
    """The number of messages that existed already."""
    refused: int
    """The number of messages that have a problem."""
    results: list[Result]
    """One result for each message, in the order of the request."""


class SuppressedScope(BaseModel):
    """A scope in which a number is suppressed."""

    model_config = OUTPUT

    scope: str
    """`all`, or the name of a category."""
    since: datetime
    """When it was added."""
    source: str | None
    """Where the opt-out came from, if that was given."""
    owner: str | None
    """The team or the name of the API key that added it. Null if an application or an operator did."""


class Campaign(BaseModel):
    """A campaign: the messages of a group."""

    model_config = OUTPUT

    name: str
    total: int
    """The number of its messages."""
    states: dict[State, int]
    """The number of messages in each state, without zeros."""
    waiting: int
    """The number of messages that wait in Redis and could be sent now."""
    in_flight: int
    """The number of messages that are being sent, or whose outcome is not known. A pause does not stop them."""
    paused_at: datetime | None
    """Since when it is paused, or null."""
    pace: str | None
    """How fast it is sent, or null for as fast as the limit allows."""
    window: str | None
    """When it is sent, in words, or null for at any time."""
    waits_for: Literal["paused", "window", "pace"] | None
    """Why messages wait, or null if they wait for nothing but their turn."""
    opens_at: datetime | None
    """When the window opens, or null if it is open or there is none."""
    expected_end: datetime | None
    """When the last waiting message is sent at the earliest. Null if none waits, or during a pause."""
    will_expire: int
    """About how many waiting messages expire before their turn; during a pause, if it ended now."""
    first_expiry: datetime | None
    """When the first waiting message expires, or null if none waits."""


class Campaigns(BaseModel):
    """All open or controlled campaigns."""

    model_config = OUTPUT

    campaigns: list[Campaign]


class Suppression(BaseModel):
    """The scopes in which a number is suppressed. The number is not returned."""

    model_config = OUTPUT

    suppressed: bool
    """Whether the number is suppressed in any scope."""
    scopes: list[SuppressedScope]


class Finding(BaseModel):
    """Characters in a text that carriers may not display."""

    model_config = OUTPUT

    position: int
    """The position of the first character, from 0."""
    code_points: list[str]
    """The characters, for example `U+3042`."""
    name: str
    """The Unicode name of the first character."""
    why: str
    """Why it may not be displayed."""
    suggestion: str | None
    """A replacement. Empty to delete the characters, null if there is no replacement."""


class TextCheck(BaseModel):
    """The result of a text check."""

    model_config = OUTPUT

    length: int
    """The number of characters, as the provider counts them."""
    estimated_parts: int
    """The estimated number of billed parts. The provider returns the exact number only after delivery."""
    problem: str | None
    """Why the text cannot be sent, or null if it can."""
    findings: list[Finding]


class Page(BaseModel):
    """A page of a list."""

    model_config = OUTPUT

    messages: list[Message]
    next: str | None
    """The cursor of the next page, or null if this is the last page. Any page may be short or empty."""


class Found(BaseModel):
    """The messages to a number."""

    model_config = OUTPUT

    messages: list[Message]
    """Newest first."""


class Erasure(BaseModel):
    """How many messages were erased."""

    model_config = OUTPUT

    erased: int
    """Messages that are erased."""
    pending: int
    """Messages that are erased in the step in which they reach a final state."""
    damaged: int
    """Records that are damaged and stay."""


class Cancel(BaseModel):
    """The outcome of a cancellation."""

    model_config = OUTPUT

    client_tag: str
    outcome: CancelOutcome


class Replacement(BaseModel):
    """The outcome of a replacement."""

    model_config = OUTPUT

    client_tag: str
    """The client tag of the message that was to be replaced."""
    outcome: ReplaceOutcome
    replaced_by: str
    """The client tag of the successor."""
    message: Message | None
    """The successor; null while the replacement is pending."""


class GroupCancel(BaseModel):
    """The outcomes of cancelling a group: the number of messages with each outcome so far."""

    model_config = OUTPUT

    group: str
    canceled: Annotated[int, Field(ge=0)]
    pending: Annotated[int, Field(ge=0)]
    too_late: Annotated[int, Field(ge=0)]
