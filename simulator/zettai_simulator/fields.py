"""The fields of a call and their common rules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from zettai_simulator import clock, codes

Fields = Mapping[str, str]
"""A decoded form or query string."""

SMS_CODE = re.compile(r"[0-9]{5,6}")
"""Pattern of the sender code."""

TAG_LENGTH = 200
"""Maximum length of a client tag or a group tag."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The token and the client ID, which each call must have."""

    token: str
    client_id: str

    def check(self, fields: Fields) -> None:
        """Refuse a call without the right credentials."""
        for name, expected in (("token", self.token), ("clientId", self.client_id)):
            if required(fields, name) != expected:
                raise codes.invalid(name)


def required(fields: Fields, name: str) -> str:
    """Return the value of a field that must not be empty."""
    value = fields.get(name)
    if not value:
        raise codes.required(name)
    return value


def optional(fields: Fields, name: str) -> str | None:
    """Return the value of a field; an empty one counts as missing."""
    return fields.get(name) or None


def matching(value: str, name: str, rule: re.Pattern[str]) -> str:
    """Return the value if all of it matches the pattern."""
    if not rule.fullmatch(value):
        raise codes.invalid(name)
    return value


def short(value: str, name: str, longest: int) -> str:
    """Return the value if it is not too long."""
    if len(value) > longest:
        raise codes.too_long(name)
    return value


def tag(fields: Fields, name: str) -> str | None:
    """Return an optional client tag or group tag."""
    value = optional(fields, name)
    return None if value is None else short(value, name, TAG_LENGTH)


def minute(value: str, name: str) -> int:
    """Return the instant of a `YYYY-MM-dd HH:mm`."""
    try:
        return clock.parse_minute(value)
    except ValueError:
        raise codes.invalid(name) from None


def month(value: str, name: str) -> date:
    """Return the first day of a `YYYYMM`."""
    return day(f"{value}01", name)


def day(value: str, name: str) -> date:
    """Return the day of a `YYYYMMdd`."""
    try:
        return clock.parse_day(value)
    except ValueError:
        raise codes.invalid(name) from None
