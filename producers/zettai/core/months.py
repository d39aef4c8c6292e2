"""Calendar months in Japan, by which the provider bills."""

from datetime import date, datetime
from typing import NamedTuple, Self

from zettai.core.times import JST

_MONTHS = 12


class Month(NamedTuple):
    """A month in Japan. Months are ordered by time."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Return the month of an aware time."""
        local = moment.astimezone(JST)
        return cls(local.year, local.month)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a month such as `2026-11`.

        Raises:
            ValueError: the text is not a month.
        """
        try:
            day = date.fromisoformat(f"{text}-01")
        except ValueError:
            raise ValueError(f"{text!r} is not a month") from None
        return cls(day.year, day.month)

    @property
    def start(self) -> datetime:
        """The first moment of the month."""
        return datetime(self.year, self.number, 1, tzinfo=JST)

    def plus(self, months: int) -> "Month":
        """Return the month so many months later."""
        years, number = divmod(self.number - 1 + months, _MONTHS)
        return Month(self.year + years, number + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"
