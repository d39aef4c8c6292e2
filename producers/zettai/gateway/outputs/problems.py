"""The body of an error response."""

from pydantic import ConfigDict

from zettai.core.message import CancelOutcome
from zettai.core.replacement import ReplaceOutcome
from zettai.gateway.outputs.base import Output


class FieldError(Output):
    """One invalid value in a request."""

    pointer: str
    """A JSON pointer (RFC 6901) to the value in the body, or `?` and the name of a query parameter."""
    detail: str
    code: str
    """The reason. It never changes."""
    message_ja: str
    """A sentence in Japanese, to show in a form."""


class Problem(Output):
    """An error (RFC 9457). Use `type` to tell errors apart. The texts may change."""

    model_config = ConfigDict(extra="allow")

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
