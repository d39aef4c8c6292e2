"""Times at the edge: aware, in Japan time outside and milliseconds since the epoch in the store."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")
"""The provider's time, without daylight saving."""

MINUTE = timedelta(minutes=1)


def to_milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch of an aware datetime."""
    return round(moment.timestamp() * 1000)


def from_milliseconds(milliseconds: float | str) -> datetime:
    """The moment in Japan time."""
    return datetime.fromtimestamp(float(milliseconds) / 1000, JST)


def milliseconds(duration: timedelta) -> int:
    """A duration in whole milliseconds."""
    return round(duration / timedelta(milliseconds=1))


def up_to_the_minute(moment: datetime) -> datetime:
    """The next full minute in Japan time, since the provider schedules by the minute and must never be early."""
    local = moment.astimezone(JST)
    full = local.replace(second=0, microsecond=0)
    return full if full == local else full + MINUTE


def now() -> datetime:
    """The present moment in Japan time, by this machine's clock."""
    return datetime.now(UTC).astimezone(JST)
