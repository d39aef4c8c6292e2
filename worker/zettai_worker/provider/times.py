"""The provider's time formats, all in Japan time. These functions take and return aware datetimes only."""

from datetime import date, datetime

from zettai.core.aossms.parsing import timestamp
from zettai.core.months import Month
from zettai.core.times import round_up_to_minute

_MINUTE = "%Y-%m-%d %H:%M"
_DAY = "%Y%m%d"
_MONTH = "%Y%m"


def write_minute(moment: datetime) -> str:
    """Return `YYYY-MM-dd HH:mm`, rounded up to the next full minute so that nothing is sent early.

    Raises:
        ValueError: the moment is naive, so its time zone is unknown.
    """
    if moment.utcoffset() is None:
        raise ValueError("the time must be aware, for example datetime.now(ZoneInfo('Asia/Tokyo'))")
    return round_up_to_minute(moment).strftime(_MINUTE)


def write_day(day: date) -> str:
    """Return `YYYYMMDD`.

    Raises:
        ValueError: the day is a datetime, whose day depends on the time zone.
    """
    if isinstance(day, datetime):
        raise ValueError("the day must be a date, not a datetime")  # noqa: TRY004 - a datetime is a date too
    return day.strftime(_DAY)


def write_month(month: Month) -> str:
    """Return `YYYYMM`."""
    return month.start.strftime(_MONTH)


def read_minute(text: object) -> datetime | None:
    """Parse `YYYY-MM-dd HH:mm`. Return None for anything else."""
    return timestamp(text, _MINUTE)
