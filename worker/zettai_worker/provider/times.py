"""The provider's ways to write a time. All are Japan time; only aware datetimes go in, and only such come out."""

from datetime import date, datetime

from zettai.core.aossms.parsing import timestamp
from zettai.core.times import up_to_the_minute

_MINUTE = "%Y-%m-%d %H:%M"
_DAY = "%Y%m%d"


def write_minute(moment: datetime) -> str:
    """Write `YYYY-MM-dd HH:mm`, the next full minute where there are seconds: never early.

    Raises:
        ValueError: the moment is naive, so nobody can tell which one it is.
    """
    if moment.utcoffset() is None:
        raise ValueError("a time for the provider must be aware, as datetime.now(ZoneInfo('Asia/Tokyo'))")
    return up_to_the_minute(moment).strftime(_MINUTE)


def write_day(day: date) -> str:
    """Write `YYYYMMDD`.

    Raises:
        ValueError: a datetime was given; on which day it falls depends on the zone, so the caller decides.
    """
    if isinstance(day, datetime):
        raise ValueError("a day for the provider must be a date, not a datetime")  # noqa: TRY004 - is a date too
    return day.strftime(_DAY)


def read_minute(text: object) -> datetime | None:
    """Read `YYYY-MM-dd HH:mm`; anything else is None."""
    return timestamp(text, _MINUTE)
