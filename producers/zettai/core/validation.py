"""Checks of single values that a caller passes in. `new_message.py` applies them to a whole message.

Each check returns the value in its normal form, or raises an `InvalidValue` that says what is wrong.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.text import BODY_LENGTH, find_problem
from zettai.core.times import JST, now, round_up_to_minute

One = TypeVar("One")

TAG_LENGTH = 200
"""The most characters of a client tag or a group (the provider's specification)."""

LATEST = datetime(9000, 1, 1, tzinfo=JST)
"""The latest `send_at`. `expires_in` is added to it, and dates in Python end at the year 9999."""

LONGEST = timedelta(days=36_500)
"""The longest `expires_in`. It is added to `send_at`, and dates in Python end at the year 9999."""


NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""A category of messages, the scope of a suppression, and its source."""

CREATOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
"""Who made a message: the name of an API key, or of a team of keys."""

ALL = "all"
"""The scope that suppresses messages of every category."""


def checked_body(text: str) -> str:
    """Check the text of a message."""
    return _checked_text(text, BODY_LENGTH)


def checked_tag(text: str) -> str:
    """Check a client tag or a group."""
    if not text.isprintable():
        raise InvalidValue(InvalidReason.CONTROL_CHARACTERS)
    if text != text.strip():
        # The provider may trim the tags that it compares. A blank group could select all messages.
        raise InvalidValue(InvalidReason.SPACES_AROUND)
    return _checked_text(text, TAG_LENGTH)


def checked_send_at(moment: datetime) -> datetime:
    """Check a send time, and round it up to the minute."""
    if moment.utcoffset() is None:
        raise InvalidValue(InvalidReason.NO_TIME_ZONE)
    if moment <= now():
        raise InvalidValue(InvalidReason.NOT_IN_FUTURE, given=moment.isoformat())
    if moment > LATEST:
        raise InvalidValue(InvalidReason.TOO_FAR_AHEAD, latest=LATEST.isoformat(), given=moment.isoformat())
    return round_up_to_minute(moment)


def checked_expires_in(duration: timedelta) -> timedelta:
    """Check the time in which a message may be sent."""
    if duration <= timedelta():
        raise InvalidValue(InvalidReason.NOT_POSITIVE, seconds=f"{duration.total_seconds():g}")
    if duration > LONGEST:
        raise InvalidValue(InvalidReason.TOO_MANY_DAYS, most=LONGEST.days, days=duration.days)
    return duration


def checked_lane(lane: object) -> Lane:
    """Check the lane of a message. The status lane carries no messages."""
    if not isinstance(lane, str) or lane not in SENDING_LANES:
        raise InvalidValue(InvalidReason.NOT_A_CHOICE, choices=", ".join(SENDING_LANES))
    return Lane(lane)


def checked_name(text: str) -> str:
    """Check the scope of a suppression, or its source."""
    if not NAME.fullmatch(text):
        raise InvalidValue(InvalidReason.NOT_A_NAME)
    return text


def checked_creator(text: str) -> str:
    """Check the name of who made a message."""
    if not CREATOR.fullmatch(text):
        raise InvalidValue(InvalidReason.NOT_A_CREATOR)
    return text


def checked_category(text: str) -> str:
    """Check the category of a message."""
    if text == ALL:
        raise InvalidValue(InvalidReason.RESERVED_CATEGORY)
    return checked_name(text)


def iterate(values: Iterable[One], argument: str) -> Iterator[One]:
    """Return an iterator over the values of an argument.

    Raises:
        InvalidMessage: it has none, or is a text.
    """
    if not isinstance(values, str | bytes):
        with suppress(TypeError):
            return iter(values)
    raise InvalidMessage(argument, InvalidValue(InvalidReason.NOT_ITERABLE))


def _checked_text(text: str, longest: int) -> str:
    problem = find_problem(text, longest)
    if problem is not None:
        raise problem
    return text
