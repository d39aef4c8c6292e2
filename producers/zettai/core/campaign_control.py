"""How the messages of a group are controlled: a pause, a pace, and a window of the day. `campaigns.lua` applies it."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.times import JST, MICROSECOND, from_milliseconds, to_milliseconds

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

UNITS = {"second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1)}

HIGHEST_RATE = 1_000_000
"""Messages a second. A pace is kept by the microsecond."""

HOLIDAYS_AHEAD = timedelta(days=731)
"""For how long from its setting on a window knows the Japanese holidays."""

MOST_DAYS = 400
"""How many days ahead the next opening of a window is searched for, as in `campaigns.lua`."""

_RATE = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour)")
_WINDOW = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")
_EPOCH = date(1970, 1, 1)
_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast messages are sent.

    Attributes:
        interval: the time from one message to the next.
    """

    interval: timedelta
    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a rate such as `50/second`.

        Raises:
            InvalidValue: it is not one.
        """
        found = _RATE.fullmatch(text.replace(" ", ""))
        if found is None:
            raise InvalidValue(InvalidReason.NOT_A_RATE, given=text)
        interval = UNITS[found[2]] / int(found[1])
        if interval < MICROSECOND:
            raise InvalidValue(InvalidReason.RATE_TOO_HIGH, most=HIGHEST_RATE)
        return cls(interval, f"{int(found[1])}/{found[2]}")

    @classmethod
    def over(cls, duration: timedelta, count: int) -> Self:
        """Return the pace at which a number of messages takes a time."""
        interval = max(duration / count, MICROSECOND)
        return cls(interval, f"{count:,} in {duration}")


@dataclass(frozen=True, slots=True)
class SendWindow:
    """When messages may be sent, in Japan time.

    Attributes:
        opens: the first minute of the day.
        closes: the minute of the day at which it ends; after 1,440 it is on the next day.
        days: for each day from Monday on, whether it opens then.
        holidays: the days on which it does not open.
    """

    opens: int = 0
    closes: int = _MINUTES
    days: tuple[bool, ...] = (True,) * 7
    holidays: frozenset[date] = frozenset()

    @classmethod
    def parse(cls, between: str | None, days: str | None, *, holidays: bool, today: date) -> Self | None:
        """Parse a window; None if it is always open.

        Args:
            between: such as `09:00-20:00`, or `21:00-02:00` across midnight; None for the whole day.
            days: such as `mon-fri` or `mon,wed`; None for each day.
            holidays: whether messages are sent on Japanese holidays.
            today: the first day for which holidays are looked up.

        Raises:
            InvalidValue: `between` or `days` is not valid.
        """
        opens, closes = (0, _MINUTES) if between is None else parse_between(between)
        window = cls(
            opens,
            closes,
            (True,) * 7 if days is None else parse_days(days),
            frozenset() if holidays else japanese_holidays(today),
        )
        return None if window == cls() else window

    def opening(self, at: datetime) -> datetime:
        """Return the first time from `at` on at which it is open: `at` itself if it is open then."""
        local = at.astimezone(JST)
        for number in range(-1, MOST_DAYS + 1):  # the window of yesterday may still be open
            day = local.date() + timedelta(days=number)
            if self.is_sending_day(day) and local < self._at(day, self.closes):
                return max(local, self._at(day, self.opens))
        return local + timedelta(days=MOST_DAYS)

    def closing(self, at: datetime) -> datetime:
        """Return when it closes, if it is open at a time."""
        today = at.astimezone(JST).date()
        yesterday = today - timedelta(days=1)
        is_of_yesterday = self.is_sending_day(yesterday) and at < self._at(yesterday, self.closes)
        return self._at(yesterday if is_of_yesterday else today, self.closes)

    def is_sending_day(self, day: date) -> bool:
        """Return whether the window opens on a day."""
        return self.days[day.weekday()] and day not in self.holidays

    def to_json(self) -> dict[str, Any]:
        """Return the window as `campaigns.lua` reads it."""
        return {
            "from": self.opens,
            "to": self.closes,
            "days": "".join("1" if one else "0" for one in self.days),
            "holidays": [(day - _EPOCH).days for day in sorted(self.holidays)],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return the window of a control."""
        holidays = frozenset(_EPOCH + timedelta(days=int(number)) for number in value["holidays"])
        return cls(int(value["from"]), int(value["to"]), tuple(one == "1" for one in value["days"]), holidays)

    def __str__(self) -> str:
        days = ", ".join(name for name, is_on in zip(DAYS, self.days, strict=True) if is_on)
        closes = self.closes - _MINUTES if self.closes > _MINUTES else self.closes
        texts = [f"{_clock(self.opens)}-{_clock(closes)} Japan time"]
        texts += [] if all(self.days) else [days]
        texts += ["not on holidays"] if self.holidays else []
        return ", ".join(texts)

    @staticmethod
    def _at(day: date, minute: int) -> datetime:
        return datetime.combine(day, time(), JST) + timedelta(minutes=minute)


@dataclass(frozen=True, slots=True)
class CampaignControl:
    """How a group is controlled.

    Attributes:
        paused_at: since when it is paused; None if it is not.
        pace: how fast its messages are sent; None for as fast as the limit allows.
        window: when they are sent; None for at any time.
    """

    paused_at: datetime | None = None
    pace: Pace | None = None
    window: SendWindow | None = None

    def resumed(self) -> Self:
        """Return the control without a pause."""
        return replace(self, paused_at=None)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return the control that the hash `Keys.campaigns` holds."""
        return cls(
            from_milliseconds(value["paused"]) if "paused" in value else None,
            Pace(float(value["interval"]) * MICROSECOND, value["pace"]) if "interval" in value else None,
            SendWindow.from_json(value["window"]) if "window" in value else None,
        )


def pause_change(at: datetime | None) -> dict[str, Any]:
    """Return the change that pauses a group, or with None resumes it."""
    return {"paused": None if at is None else to_milliseconds(at)}


def speed_change(pace: Pace | None, window: SendWindow | None) -> dict[str, Any]:
    """Return the change that sets pace and window."""
    return {
        "interval": None if pace is None else pace.interval / MICROSECOND,
        "pace": None if pace is None else pace.text,
        "window": None if window is None else window.to_json(),
    }


def parse_between(text: str) -> tuple[int, int]:
    """Parse two times of a day, and return their minutes. If the second one is earlier, it is on the next day.

    Raises:
        InvalidValue: they are not two different times.
    """
    found = _WINDOW.fullmatch(text.replace(" ", ""))
    if found is not None:
        hour, minute, last_hour, last_minute = map(int, found.groups())
        opens, closes = 60 * hour + minute, 60 * last_hour + last_minute
        if opens < _MINUTES and closes <= _MINUTES and opens != closes:
            return opens, closes if opens < closes else closes + _MINUTES
    raise InvalidValue(InvalidReason.NOT_A_WINDOW, given=text)


def parse_days(text: str) -> tuple[bool, ...]:
    """Parse days of the week.

    Raises:
        InvalidValue: they are not days.
    """
    chosen: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        try:
            start, end = DAYS.index(first), DAYS.index(last or first)
        except ValueError:
            raise InvalidValue(InvalidReason.NOT_DAYS, given=text) from None
        if end < start:
            raise InvalidValue(InvalidReason.NOT_DAYS, given=text)
        chosen.update(range(start, end + 1))
    return tuple(number in chosen for number in range(len(DAYS)))


def japanese_holidays(first: date) -> frozenset[date]:
    """Return the Japanese holidays of the next two years."""
    import jpholiday  # noqa: PLC0415 - only a window without holidays needs it

    return frozenset(day for day, _ in jpholiday.between(first, first + HOLIDAYS_AHEAD))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
