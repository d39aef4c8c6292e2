"""Times: aware datetimes in Japan time for callers, milliseconds since the epoch in the store."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")
"""The time zone of the provider."""

MINUTE = timedelta(minutes=1)

MILLISECOND = timedelta(milliseconds=1)

MICROSECOND = timedelta(microseconds=1)


def to_milliseconds(moment: datetime) -> int:
    """Return an aware datetime as milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)


def from_milliseconds(milliseconds: float | str) -> datetime:
    """Return milliseconds since the epoch as a datetime in Japan time."""
    return datetime.fromtimestamp(float(milliseconds) / 1000, JST)


def milliseconds(duration: timedelta) -> int:
    """Return a duration in whole milliseconds."""
    return round(duration / MILLISECOND)


def round_up_to_minute(moment: datetime) -> datetime:
    """Return the next full minute in Japan time. The provider schedules by the minute and must not send early."""
    local = moment.astimezone(JST)
    full = local.replace(second=0, microsecond=0)
    return full if full == local else full + MINUTE


def now() -> datetime:
    """Return the present time in Japan time, by the clock of this machine."""
    return datetime.now(UTC).astimezone(JST)
