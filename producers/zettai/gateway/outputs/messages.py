"""The bodies of responses about messages."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from zettai.core.carriers import Carrier
from zettai.core.lanes import Lane
from zettai.core.message import CancelOutcome
from zettai.core.replacement import ReplaceOutcome
from zettai.core.states import State
from zettai.gateway.outputs.base import Output
from zettai.gateway.outputs.problems import Problem


class Event(Output):
    """One entry in the history of a message."""

    at: datetime
    state: State
    reason: str


class Message(Output):
    """A message and its state. Times are in Japan time. The text is never returned."""

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


class Result(Output):
    """The result of one of many messages: either a message or a problem."""

    status: int
    """201 if the message was recorded, 200 if it existed already, otherwise the status of the problem."""
    message: Message | None = None
    problem: Problem | None = None


class Results(Output):
    """The results of many messages."""

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


class Page(Output):
    """A page of a list."""

    messages: list[Message]
    next: str | None
    """The cursor of the next page, or null if this is the last page. Any page may be short or empty."""


class Cancel(Output):
    """The outcome of a cancellation."""

    client_tag: str
    outcome: CancelOutcome


class Replacement(Output):
    """The outcome of a replacement."""

    client_tag: str
    """The client tag of the message that was to be replaced."""
    outcome: ReplaceOutcome
    replaced_by: str
    """The client tag of the successor."""
    message: Message | None
    """The successor; null while the replacement is pending."""


class GroupCancel(Output):
    """The outcomes of cancelling a group: the number of messages with each outcome so far."""

    group: str
    canceled: Annotated[int, Field(ge=0)]
    pending: Annotated[int, Field(ge=0)]
    too_late: Annotated[int, Field(ge=0)]
