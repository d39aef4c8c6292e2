"""Sender codes: what the provider calls `smsCode`. The recipient sees a message as coming from this number."""

import re
from collections.abc import Collection
from typing import Annotated

from pydantic import AfterValidator

from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidReason, InvalidValue

_CODE = re.compile(r"[0-9]{5,6}")


def checked_sender(code: str) -> str:
    """Check the form of a sender code. Raise an `InvalidValue` if it is wrong."""
    if not _CODE.fullmatch(code):
        raise InvalidValue(InvalidReason.NOT_A_SENDER_CODE)
    return code


SenderCode = Annotated[str, AfterValidator(checked_sender)]
"""A sender code: 5 or 6 digits."""


def split_senders(value: object) -> object:
    """Split the text of a setting, such as `77777,88888`, into codes."""
    return tuple(code.strip() for code in value.split(",") if code.strip()) if isinstance(value, str) else value


def check_allowed(sender: str, allowed: Collection[str]) -> None:
    """Check that a message may name a sender code.

    Raises:
        InvalidMessage: it may not.
    """
    if sender not in allowed:
        listed = f"one of {', '.join(sorted(allowed))}" if allowed else "left out, because no sender codes are set"
        raise InvalidMessage("sender", InvalidValue(InvalidReason.SENDER_NOT_ALLOWED, listed=listed))
