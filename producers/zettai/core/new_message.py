"""A new message: the validated input of `send`, before it is recorded."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import ErrorDetails
from uuid_utils import uuid7

from zettai.core.accounts import AccountName
from zettai.core.carriers import Carrier
from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.lanes import Lane
from zettai.core.library_words import in_our_words
from zettai.core.metadata import checked_metadata, empty_if_none
from zettai.core.phone_numbers import normalize
from zettai.core.senders import SenderCode
from zettai.core.times import MILLISECOND, now, to_milliseconds
from zettai.core.validation import (
    checked_body,
    checked_category,
    checked_creator,
    checked_expires_in,
    checked_lane,
    checked_send_at,
    checked_tag,
)

_REASONS = {
    "missing": InvalidReason.REQUIRED,
    "extra_forbidden": InvalidReason.UNKNOWN_ARGUMENT,
    "string_type": InvalidReason.NOT_A_TEXT,
    "datetime_type": InvalidReason.NOT_A_TIME,
    "time_delta_type": InvalidReason.NOT_A_DURATION,
    "enum": InvalidReason.NOT_A_CHOICE,
    "model_type": InvalidReason.NOT_AN_OBJECT,
    "dict_type": InvalidReason.NOT_AN_OBJECT,
    "float_type": InvalidReason.NOT_A_NUMBER,
    "int_type": InvalidReason.NOT_A_NUMBER,
    "int_parsing": InvalidReason.NOT_A_NUMBER,
    "bool_type": InvalidReason.NOT_A_BOOLEAN,
    "greater_than_equal": InvalidReason.TOO_SMALL,
    "less_than_equal": InvalidReason.TOO_LARGE,
    "list_type": InvalidReason.NOT_A_LIST,
    "too_short": InvalidReason.TOO_FEW,
    "too_long": InvalidReason.TOO_MANY,
}
"""The reasons for the types of errors of pydantic itself."""


def new_tag() -> str:
    """Return a tag for a new message: a UUIDv7 without hyphens. Redis has each tag four times, so its length counts."""
    return uuid7().hex


def _new_tag_if_none(client_tag: object) -> object:
    return new_tag() if client_tag is None else client_tag


class NewMessage(BaseModel):
    """A valid message that is not recorded yet. Its fields are the arguments of `SmsClient.send`.

    Build one with `NewMessage.validated`. The gateway also sets `team`: that of the API key in `created_by`.
    `traceparent` is the W3C trace context of the call that made it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    to: Annotated[str, AfterValidator(normalize)] = Field(repr=False)
    body: Annotated[str, AfterValidator(checked_body)] = Field(repr=False)
    client_tag: Annotated[str, BeforeValidator(_new_tag_if_none), AfterValidator(checked_tag)] = Field(
        default_factory=new_tag
    )
    send_at: Annotated[datetime, AfterValidator(checked_send_at)] | None = None
    expires_in: Annotated[timedelta, AfterValidator(checked_expires_in)]
    lane: Annotated[Lane, BeforeValidator(checked_lane)] = Lane.NORMAL
    group: Annotated[str, AfterValidator(checked_tag)] | None = None
    carrier: Annotated[Carrier, Field(strict=False)] | None = None
    sender: SenderCode | None = None
    account: AccountName | None = None
    metadata: Annotated[dict[str, str], BeforeValidator(empty_if_none), AfterValidator(checked_metadata)] = Field(
        default_factory=dict, repr=False
    )
    category: Annotated[str, AfterValidator(checked_category)] | None = None
    created_by: Annotated[str, AfterValidator(checked_creator)] | None = None
    team: Annotated[str, AfterValidator(checked_creator)] | None = None
    traceparent: Annotated[str, Field(pattern="^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")] | None = None

    @classmethod
    def validated(cls, **fields: Any) -> Self:
        """Return a new message with these fields. Without a `client_tag`, or with None, it gets a UUIDv7.

        Raises:
            InvalidMessage: names the first field that is wrong, and the reason.
        """
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            first = _problems(error)[0]
        # Raised outside of the except block: the ValidationError in the traceback would hold the input.
        raise first

    @classmethod
    def problems(cls, fields: Mapping[str, Any]) -> Sequence[InvalidMessage]:
        """Return everything that is wrong with these fields, one error for each problem. Empty if they are valid."""
        try:
            cls.model_validate(dict(fields))
        except ValidationError as error:
            return _problems(error)
        return ()

    def saved(self) -> dict[str, Any]:
        """Return the message as a JSON object, for a table of an application. `restored` reads it."""
        return {"saved_at": now().isoformat(), **self.model_dump(mode="json", exclude_none=True)}

    @classmethod
    def restored(cls, saved: Mapping[str, Any]) -> "NewMessage":
        """Return the message that `saved` wrote. It may be recorded however late.

        It is not validated again: its `send_at` may have passed, and then it is due at once. Without a `send_at`, the
        time since it was saved counts for `expires_in`. A message that has expired is recorded too, and then expires.
        """
        fields = {name: _FROM_JSON[name](value) if name in _FROM_JSON else value for name, value in saved.items()}
        if "send_at" not in fields:
            waited = now() - datetime.fromisoformat(fields["saved_at"])
            fields["expires_in"] = max(fields["expires_in"] - waited, MILLISECOND)
        return cls.model_construct(**fields)

    @property
    def owner(self) -> str | None:
        """Who the message belongs to: the team, or who made it. None if neither is known."""
        return self.team or self.created_by

    @property
    def content(self) -> bytes:
        """What a repeated message has in common with the first one. Records have its keyed digest."""
        content = (
            self.client_tag,
            self.to,
            self.body,
            str(to_milliseconds(self.send_at)) if self.send_at else "",
            self.carrier or "",
            self.group or "",
            # Only if given: the digests of other messages stay as they were before there were senders and accounts.
            *(() if self.sender is None else (f"sender={self.sender}",)),
            *(() if self.account is None else (f"account={self.account}",)),
        )
        return "\0".join(content).encode()


_FROM_JSON: Mapping[str, Callable[[Any], Any]] = {
    "lane": Lane,
    "carrier": Carrier,
    "send_at": datetime.fromisoformat,
    "expires_in": TypeAdapter(timedelta).validate_python,
}
"""How to read the fields of a saved message that are no JSON values."""

ROW_ARGUMENTS = tuple(name for name in NewMessage.model_fields if name not in {"created_by", "team", "traceparent"})
"""The arguments that a row of a file or of a template gives. Who makes a message is said for a whole call."""


def _problems(error: ValidationError) -> list[InvalidMessage]:
    return [to_invalid_message(problem) for problem in error.errors(include_input=False, include_url=False)]


def to_invalid_message(problem: ErrorDetails) -> InvalidMessage:
    """Return an error that pydantic found, with our reason."""
    field = str(problem["loc"][0]) if problem["loc"] else "message"
    return InvalidMessage(field, _to_invalid_value(problem))


def _to_invalid_value(problem: ErrorDetails) -> InvalidValue:
    context = problem.get("ctx", {})
    if isinstance(found := context.get("error"), InvalidValue):
        return found
    reason = _REASONS.get(problem["type"], InvalidReason.INVALID)
    text = in_our_words(problem["msg"])
    return InvalidValue(
        reason,
        problem=text,
        choices=", ".join(re.findall("'(.+?)'", context.get("expected", ""))),
        smallest=context.get("ge"),
        largest=context.get("le"),
        least=context.get("min_length"),
        most=context.get("max_length"),
    )
