"""Parses single values of the provider. It writes the same field sometimes as a text, sometimes as a number.

Each function returns None for a value that it does not accept.
"""

from datetime import datetime

from zettai.core.times import JST

_MOST_DIGITS = 9


def whole_number(value: object) -> int | None:
    """Accept 2 and "2"."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text_or_number(value: object) -> str | None:
    """Accept "31732" and 31732. A text keeps its leading zeros."""
    number = None if isinstance(value, str) else whole_number(value)
    return text(value) if number is None else str(number)


def text(value: object) -> str | None:
    """Accept a text that is not empty. Half surrogate pairs, which JSON allows, are replaced."""
    if not isinstance(value, str) or not value:
        return None
    return value if value.isprintable() else value.encode(errors="replace").decode()


def timestamp(value: object, pattern: str) -> datetime | None:
    """Accept a time in Japan in a format of `strptime`."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.strptime(value, pattern).replace(tzinfo=JST)
    except ValueError:
        return None
