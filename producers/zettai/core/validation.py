"""A draft: what a caller asks to be sent, once it is known that the provider would not refuse it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from uuid_utils import uuid7

from zettai.core.errors import InvalidMessage
from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.text import BODY_LENGTH, problem_of
from zettai.core.times import JST, now, to_milliseconds, up_to_the_minute

PHONE_NUMBER = re.compile(r"(\+81|0)(([26789]0[1-9][0-9]{7})|(20[1-9][0-9]{10}))")
"""The provider's own pattern, matched in full."""

TAG_LENGTH = 200
"""Characters of a client tag or a group tag (the provider's specification)."""


LATEST = datetime(9000, 1, 1, tzinfo=JST)
"""Times behind this one could not be reckoned with: no calendar has the end of their deadline."""

LONGEST = timedelta(days=36_500)
"""To send a message in, for the same reason."""


class Carrier(StrEnum):
    """A mobile carrier, where the caller knows it; otherwise the provider finds it."""

    KDDI = "au"
    DOCOMO = "docomo"
    SOFTBANK = "softbank"
    RAKUTEN = "rakuten"


def mask(phone_number: str) -> str:
    """A phone number as it may be shown: its country or trunk code and its last two digits."""
    visible = 3 if phone_number.startswith("+") else 1
    return f"{phone_number[:visible]}{'*' * max(len(phone_number) - visible - 2, 4)}{phone_number[-2:]}"


def _in_international_form(phone_number: str) -> str:
    if not PHONE_NUMBER.fullmatch(phone_number):
        raise ValueError(f"{mask(phone_number)} is no Japanese mobile number; write it as 09012345678 or +819012345678")
    return f"+81{phone_number.removeprefix('+81').removeprefix('0')}"


def _within(longest: int, text: str) -> str:
    problem = problem_of(text, longest)
    if problem is not None:
        raise ValueError(problem)
    return text


def _body(text: str) -> str:
    return _within(BODY_LENGTH, text)


def checked_tag(text: str) -> str:
    """A client tag or group tag as it may be.

    Raises:
        ValueError: it may not, and why.
    """
    if not text.isprintable():
        raise ValueError("holds a control character; use printable ones")
    if text != text.strip():
        # The provider may trim what it compares, and a blank filter could stand for none at all.
        raise ValueError("begins or ends with a blank")
    return _within(TAG_LENGTH, text)


def _later(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("has no time zone; give an aware datetime, as datetime.now(ZoneInfo('Asia/Tokyo'))")
    if moment <= now():
        raise ValueError(f"{moment.isoformat()} lies in the past")
    if moment > LATEST:
        raise ValueError(f"{moment.isoformat()} lies too far in the future")
    return up_to_the_minute(moment)


def _positive(duration: timedelta) -> timedelta:
    if duration <= timedelta():
        raise ValueError(f"{duration} is no time to send a message in; give a positive timedelta")
    if duration > LONGEST:
        raise ValueError(f"{duration} is too long; at most {LONGEST.days} days are allowed")
    return duration


def _of_sending(lane: Lane) -> Lane:
    if lane not in SENDING_LANES:
        raise ValueError(f"{lane} carries no messages; use one of {', '.join(SENDING_LANES)}")
    return lane


class Draft(BaseModel):
    """A valid message that is not recorded yet. Its fields are the keywords of `SmsClient.send`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    to: Annotated[str, AfterValidator(_in_international_form)] = Field(repr=False)
    body: Annotated[str, AfterValidator(_body)] = Field(repr=False)
    client_tag: Annotated[str, AfterValidator(checked_tag)] = Field(default_factory=lambda: str(uuid7()))
    send_at: Annotated[datetime, AfterValidator(_later)] | None = None
    expires_in: Annotated[timedelta, AfterValidator(_positive)]
    lane: Annotated[Lane, Field(strict=False), AfterValidator(_of_sending)] = Lane.NORMAL
    group: Annotated[str, AfterValidator(checked_tag)] | None = None
    carrier: Annotated[Carrier, Field(strict=False)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_in_a_tag(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("client_tag", "") is None:
            return {key: value for key, value in values.items() if key != "client_tag"}
        return values

    @property
    def digest(self) -> str:
        """A fingerprint of what the provider would get; it outlives the body, to tell a repeat from a conflict."""
        content = (
            self.client_tag,
            self.to,
            self.body,
            str(to_milliseconds(self.send_at)) if self.send_at else "",
            self.carrier or "",
            self.group or "",
        )
        return hashlib.blake2b("\0".join(content).encode(), digest_size=12).hexdigest()


def draft(keywords: Mapping[str, Any]) -> Draft:
    """Check what a caller gave.

    Args:
        keywords: those of `SmsClient.send`.

    Raises:
        InvalidMessage: naming the first field that is wrong, and why.
    """
    checked = _checked(keywords)
    if isinstance(checked, Draft):
        return checked
    # Raised out here, where no traceback shows the input along with the cause.
    raise checked[0]


def problems(keywords: Mapping[str, Any]) -> Sequence[InvalidMessage]:
    """All that is wrong with what a caller gave, field by field; nothing where `draft` would take it."""
    checked = _checked(keywords)
    return () if isinstance(checked, Draft) else checked


def _checked(keywords: Mapping[str, Any]) -> Draft | Sequence[InvalidMessage]:
    try:
        return Draft.model_validate(dict(keywords))
    except ValidationError as error:
        return [_problem(one) for one in error.errors(include_input=False, include_url=False)]


def _problem(error: ErrorDetails) -> InvalidMessage:
    field = str(error["loc"][0]) if error["loc"] else "message"
    return InvalidMessage(field, error["msg"].removeprefix("Value error, "))
