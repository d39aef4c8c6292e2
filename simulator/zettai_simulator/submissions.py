"""Read and check the form of `mt.json`."""

import re
from dataclasses import dataclass

from zettai_simulator import codes, fields
from zettai_simulator.carriers import CARRIERS
from zettai_simulator.fields import Fields

MESSAGE_LENGTH = 660
"""Maximum length of a message in characters."""

_PHONE_NUMBER = re.compile(r"(?:\+81|0)((?:[26789]0[1-9][0-9]{7})|(?:20[1-9][0-9]{10}))")


@dataclass(frozen=True, slots=True)
class Submission:
    """One valid send.

    Attributes:
        sms_code: The sender code.
        message: The text.
        phone_number: The recipient, as +81….
        carrier_id: The carrier that the caller named.
        client_tag: The caller's ID of this send.
        schedule_at: The minute to send at, if it is a reservation.
        group_tag: The caller's ID of several reservations.
    """

    sms_code: str
    message: str
    phone_number: str
    carrier_id: str | None = None
    client_tag: str | None = None
    schedule_at: int | None = None
    group_tag: str | None = None


def read(form: Fields, now: int) -> Submission:
    """Check the form field by field, in the order of the provider's specification.

    Raises:
        RefusedError: For the first invalid field.
    """
    return Submission(
        sms_code=fields.matching(fields.required(form, "smsCode"), "smsCode", fields.SMS_CODE),
        message=fields.short(fields.required(form, "message"), "message", MESSAGE_LENGTH),
        phone_number=international(fields.required(form, "phoneNumber")),
        carrier_id=_carrier_id(form),
        client_tag=fields.tag(form, "clientTag"),
        schedule_at=_schedule_at(form, now),
        group_tag=fields.tag(form, "groupTag"),
    )


def international(number: str) -> str:
    """Return the number as +81…."""
    match = _PHONE_NUMBER.fullmatch(number)
    if match is None:
        raise codes.invalid("phoneNumber")
    return f"+81{match[1]}"


def _carrier_id(form: Fields) -> str | None:
    value = fields.optional(form, "carrierId")
    if value is not None and value not in CARRIERS:
        raise codes.invalid("carrierId")
    return value


def _schedule_at(form: Fields, now: int) -> int | None:
    value = fields.optional(form, "scheduleTime")
    if value is None:
        return None
    instant = fields.minute(value, "scheduleTime")
    if instant <= now:
        raise codes.invalid("scheduleTime")
    return instant
