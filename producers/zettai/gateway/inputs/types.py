"""The base of the bodies of requests, and the types of their fields. `SmsClient` checks the values."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from zettai.core.accounts import NAME as ACCOUNT
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.phone_numbers import MAX_WRITTEN_LENGTH
from zettai.core.validation import ALL, NAME, TAG_LENGTH

MAX_PAGE_SIZE = 500
"""Messages on one page of a list."""

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Input(BaseModel):
    """The body of a request. A problem about it quotes no value."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def _check_time(text: str) -> str:
    try:
        valid = RFC_3339.fullmatch(text) and datetime.fromisoformat(text.upper())
    except ValueError:
        valid = None
    if not valid:
        raise InvalidValue(InvalidReason.NOT_A_WRITTEN_INSTANT)
    return text.upper()


Tag = Annotated[str, Field(json_schema_extra={"format": "client-tag", "minLength": 1, "maxLength": TAG_LENGTH})]
"""`SmsClient` checks it: printable characters, no spaces at the ends."""

Category = Annotated[
    str, Field(json_schema_extra={"pattern": f"^(?!{ALL}$){NAME.pattern}$", "minLength": 1, "maxLength": 40})
]
"""`SmsClient` checks it."""

Name = Annotated[str, Field(json_schema_extra={"pattern": f"^{NAME.pattern}$", "minLength": 1, "maxLength": 40})]
"""The scope of a suppression, or its source. `SmsClient` checks it."""

Number = Annotated[
    str,
    Field(
        description="A Japanese mobile number, for example 09012345678 or +819012345678.",
        json_schema_extra={"format": "japanese-mobile-number", "maxLength": MAX_WRITTEN_LENGTH},
    ),
]

AccountName = Annotated[
    str,
    Field(json_schema_extra={"format": "account", "pattern": f"^{ACCOUNT.pattern}$", "minLength": 1, "maxLength": 30}),
]
"""The name of an account. `SmsClient` checks it."""

Time = Annotated[str, AfterValidator(_check_time), Field(json_schema_extra={"format": "date-time"})]
"""An RFC 3339 time with an offset."""
