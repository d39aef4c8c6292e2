"""Times as a spreadsheet writes them."""

import re
import unicodedata
from contextlib import suppress
from datetime import datetime

from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.times import JST

_SPREADSHEET_TIME = re.compile(
    r"(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?[ T]*(\d{1,2})[:時](\d{1,2})(?:分?|:(\d{1,2}))", re.ASCII
)


def time_of_spreadsheet(text: str) -> datetime:
    """Parse a time as a spreadsheet writes it. Without a time zone it is Japan time.

    Example:
        >>> time_of_spreadsheet("2026/12/1 9:00").isoformat()
        '2026-12-01T09:00:00+09:00'

    Raises:
        InvalidValue: the text is not a day with a time of day. The error does not quote it.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    with suppress(ValueError):
        moment = datetime.fromisoformat(plain)
        if moment.utcoffset() is not None:
            return moment
    found = _SPREADSHEET_TIME.fullmatch(plain)
    with suppress(ValueError):
        if found:
            year, month, day_of_month, hour, minute, second = (int(number or 0) for number in found.groups())
            return datetime(year, month, day_of_month, hour, minute, second, tzinfo=JST)
    raise InvalidValue(InvalidReason.NOT_A_WRITTEN_TIME)
