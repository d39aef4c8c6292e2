"""Instants and Japan time: an instant is an int of microseconds since the epoch; the provider reads and writes JST.

There is no state in this module; functions get the time as an argument.
"""

import re
import time
from datetime import date, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")
"""Japan time, which has no daylight saving time."""

SECOND = 1_000_000
"""Microseconds in a second."""

_MINUTE = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", re.ASCII)
_DAY = re.compile(r"\d{8}", re.ASCII)


def now() -> int:
    """Return the current instant."""
    return time.time_ns() // 1000


def micros(seconds: float) -> int:
    """Convert seconds to microseconds."""
    return round(seconds * SECOND)


def in_japan(instant: int) -> datetime:
    """The instant as an aware datetime in Japan time."""
    return datetime.fromtimestamp(instant / SECOND, JST)


def bounds_of(day: date) -> tuple[int, int]:
    """The first instant of a Japanese calendar day, and that of the next."""
    start = int(datetime(day.year, day.month, day.day, tzinfo=JST).timestamp()) * SECOND
    return start, start + 24 * 60 * 60 * SECOND


def day_of(instant: int) -> date:
    """The Japanese calendar day that the instant falls on."""
    return in_japan(instant).date()


def parse_minute(text: str) -> int:
    """The instant of a `YYYY-MM-dd HH:mm` in Japan time.

    Raises:
        ValueError: Another format, or no such minute.
    """
    if not _MINUTE.fullmatch(text):
        raise ValueError(text)
    return int(datetime.fromisoformat(text).replace(tzinfo=JST).timestamp()) * SECOND


def parse_day(text: str) -> date:
    """The day of a `YYYYMMdd`.

    Raises:
        ValueError: Another format, or no such day.
    """
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def minute_text(instant: int) -> str:
    """The instant as `YYYY-MM-dd HH:mm`, as reservations show it."""
    return in_japan(instant).strftime("%Y-%m-%d %H:%M")


def milliseconds_text(instant: int) -> str:
    """The instant as `yyyyMMdd HHmmSSsss`, as status answers show it."""
    return in_japan(instant).strftime("%Y%m%d %H%M%S") + f"{instant // 1000 % 1000:03}"


def seconds_text(instant: int) -> str:
    """The instant as `yyyy/MM/dd HH:mm:SS`, as delivery reports show it."""
    return in_japan(instant).strftime("%Y/%m/%d %H:%M:%S")
