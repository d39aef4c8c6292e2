"""The fields of a call and the rules that they share. What calls do with them lives in `submissions` and `api`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from zettai_simulator import clock, codes

Fields = Mapping[str, str]
"""A decoded form or query string."""

SMS_CODE = re.compile(r"[0-9]{5,6}")
"""The sender code."""

TAG_LENGTH = 200
"""Most characters of a client tag or a group tag."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The account's secret and number, which every call carries."""

    token: str
    client_id: str

    def check(self, fields: Fields) -> None:
        """Refuse a call without them, or with those of somebody else."""
        for name, expected in (("token", self.token), ("clientId", self.client_id)):
            if required(fields, name) != expected:
                raise codes.invalid(name)


def required(fields: Fields, name: str) -> str:
    """The field's value, which must not be empty."""
    value = fields.get(name)
    if not value:
        raise codes.required(name)
    return value


def optional(fields: Fields, name: str) -> str | None:
    """The field's value; an empty one counts as not given."""
    return fields.get(name) or None


def matching(value: str, name: str, rule: re.Pattern[str]) -> str:
    """The value, which must match the rule from end to end."""
    if not rule.fullmatch(value):
        raise codes.invalid(name)
    return value


def short(value: str, name: str, longest: int) -> str:
    """The value, which must not have more characters than that."""
    if len(value) > longest:
        raise codes.too_long(name)
    return value


def tag(fields: Fields, name: str) -> str | None:
    """An optional client tag or group tag."""
    value = optional(fields, name)
    return None if value is None else short(value, name, TAG_LENGTH)


def minute(value: str, name: str) -> int:
    """The instant of a `YYYY-MM-dd HH:mm`."""
    try:
        return clock.parse_minute(value)
    except ValueError:
        raise codes.invalid(name) from None


def day(value: str, name: str) -> date:
    """The day of a `YYYYMMdd`."""
    try:
        return clock.parse_day(value)
    except ValueError:
        raise codes.invalid(name) from None
