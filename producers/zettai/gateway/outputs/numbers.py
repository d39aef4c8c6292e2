"""The bodies of responses about phone numbers."""

from datetime import datetime

from zettai.gateway.outputs.base import Output
from zettai.gateway.outputs.messages import Message


class SuppressedScope(Output):
    """A scope in which a number is suppressed."""

    scope: str
    """`all`, or the name of a category."""
    since: datetime
    """When it was added."""
    source: str | None
    """Where the opt-out came from, if that was given."""
    owner: str | None
    """The team or the name of the API key that added it. Null if an application or an operator did."""


class Suppression(Output):
    """The scopes in which a number is suppressed. The number is not returned."""

    suppressed: bool
    """Whether the number is suppressed in any scope."""
    scopes: list[SuppressedScope]


class Found(Output):
    """The messages to a number."""

    messages: list[Message]
    """Newest first."""


class Erasure(Output):
    """How many messages were erased."""

    erased: int
    """Messages that are erased."""
    pending: int
    """Messages that are erased in the step in which they reach a final state."""
    damaged: int
    """Records that are damaged and stay."""
